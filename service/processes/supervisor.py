"""Starts the processes of a server, restarts those that die, and stops them all together."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from service.processes.leash import GRACE_SECONDS, spawn

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 30.0
"""A process that lived this long is restarted without a longer pause."""
TICK_SECONDS = 0.2


@dataclass(slots=True)
class Charge:
    """One process that must live."""

    module: str
    environment: Mapping[str, str]
    keep_open: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    not_before: float = field(default=0.0)

    def tend(self, now: float) -> None:
        """Start it, or notice that it died and plan its restart."""
        if self.process is None:
            if now >= self.not_before:
                self.process = spawn(self.module, environment=self.environment, keep_open=self.keep_open)
                self.started = now
        elif self.process.poll() is not None:
            lived = now - self.started
            self.pause = FIRST_PAUSE if lived > HEALTHY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
            self.not_before = now + self.pause
            _close(self.process)
            self.process = None


class Supervisor:
    """Tends its charges until it is told to stop."""

    def __init__(self, charges: Sequence[Charge]) -> None:
        self.charges = charges
        self._stopping = threading.Event()

    def run(self) -> None:
        """Block until SIGTERM, SIGINT or `stop`; then end every process."""
        before = {s: signal.signal(s, self._signalled) for s in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._stopping.is_set():
                for charge in self.charges:
                    charge.tend(time.monotonic())
                self._stopping.wait(TICK_SECONDS)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, _number: int, _frame: object) -> None:
        self._stopping.set()

    def _end_all(self) -> None:
        alive = [c.process for c in self.charges if c.process is not None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + 2 * GRACE_SECONDS
        for process in alive:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _close(process)


@contextmanager
def only_server_of(data_dir: Path) -> Iterator[None]:
    """Hold the data directory's lock; it is free again when the process ends, however it ends.

    Raises:
        BlockingIOError: another server works on the directory.

    """
    with (data_dir / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
