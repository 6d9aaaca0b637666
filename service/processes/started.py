"""A server for a while, as a process of its own that does not outlive its parent."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from service.errors import Unavailable
from service.processes.leash import spawn, stop

READY_SECONDS = 120.0
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is ready."""

    url: str
    pid: int
    """Of its supervisor."""


@contextmanager
def started_server(
    data_dir: Path, environment: Mapping[str, str] | None = None, port: int | None = None
) -> Iterator[Running]:
    """A server that is ready, on a free port unless one is named; it is stopped at the end.

    Raises:
        Unavailable: it did not become ready.

    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    told = {"TRIVIUM_HOST": "127.0.0.1", "TRIVIUM_PORT": str(port), "TRIVIUM_DATA_DIR": str(data_dir)}
    with Path(os.devnull).open("wb") as log:
        process = spawn("service.processes.serve", environment={**(environment or {}), **told}, log=log)
    try:
        wait_until_ready(url, process)
        yield Running(url, process.pid)
    finally:
        stop(process, STOP_SECONDS)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when every part of the server answers.

    Raises:
        Unavailable: it ended, or took too long.

    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/ready", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(LOOK_SECONDS)
    raise Unavailable(f"the server at {url} did not become ready; `trivium serve` shows why")
