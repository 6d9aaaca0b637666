"""Ties a process to its parent: a pipe on standard input that closes when the parent is gone.

It works on every Unix, whichever thread started the process, and even after kill -9.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO

GRACE_SECONDS = 5.0


def spawn(
    module: str,
    arguments: Sequence[str] = (),
    *,
    environment: Mapping[str, str] | None = None,
    keep_open: Sequence[int] = (),
    log: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start one of our modules on a leash, in a session of its own so that Ctrl-C reaches only us."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env={**os.environ, **(environment or {})},
        pass_fds=tuple(keep_open),
        start_new_session=True,
    )


def hold(on_parent_death: Callable[[], None] | None = None) -> None:
    """End this process soon after its parent."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        if on_parent_death is not None:
            threading.Timer(GRACE_SECONDS, os._exit, (1,)).start()
            on_parent_death()
        else:
            os._exit(1)

    threading.Thread(target=watch, name="leash", daemon=True).start()


def ask_self_to_stop() -> None:
    """The same way as a stop from outside."""
    os.kill(os.getpid(), signal.SIGTERM)


def stop(child: subprocess.Popen[bytes], grace_seconds: float = GRACE_SECONDS) -> None:
    """Ask a child to end, then make it."""
    child.terminate()
    try:
        child.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    finally:
        if child.stdin is not None:
            child.stdin.close()
