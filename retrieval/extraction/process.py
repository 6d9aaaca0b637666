"""Reading files in a child process, which a deadline, a memory limit or a crash ends and nothing else.

A parser written in C cannot be interrupted and may take its process with it; this one may be lost.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from types import TracebackType
from typing import BinaryIO, cast

from retrieval.extraction.errors import ExtractionError, ExtractionStoppedError
from retrieval.extraction.extracted import Extracted
from retrieval.extraction.limits import DEFAULT_LIMITS, Limits
from retrieval.extraction.wire import READY, Request, longest_answer, parsed_answer, write_request

SECONDS = 120.0
MEMORY_BYTES = 2 << 30
START_SECONDS = 60.0
FILES_OF_A_CHILD = 500
"""After these a new one starts, whatever the parsers may have leaked."""
_INHERITED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "TZ", "SYSTEMROOT", "TMPDIR", "TEMP")
"""The parent's other variables, its keys among them, are none of the parsers' business."""


class Extractor:
    """A warm child process that reads one file after another; replaced when it is lost. Safe between threads.

    Args:
        limits: bounds on one file.
        memory_bytes: address space that the child may use, where the platform can bound it.

    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._limits, self._memory_bytes = limits, memory_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._busy = Lock()

    def __enter__(self) -> Extractor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def extract(self, name: str, data: bytes, seconds: float = SECONDS) -> Extracted:
        """The text of a file, at most `seconds` after the child has taken it up.

        Raises:
            ExtractionStoppedError: the deadline passed, memory ran out, or the parser crashed.
            ExtractionError: the file gives no text.
        """
        request = Request(name, data, self._limits, seconds)
        with self._busy, _reasons(seconds):
            try:
                answer = self._asked(request)
            except (OSError, ValueError):
                if self._files == 1:
                    raise
                # It may have died of what came before; in a fresh child there is only this file.
                answer = self._asked(request)
        if isinstance(answer, ExtractionError):
            raise answer
        return answer

    def close(self) -> None:
        """End the child process; the next file starts another."""
        with self._busy:
            self._end()

    def _asked(self, request: Request) -> Extracted | ExtractionError:
        child = self._ready()
        try:
            return _answer(child, request)
        except BaseException:  # an interrupt too: the child's answer would be taken for the next file's
            self._end()
            raise

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child and (self._files >= FILES_OF_A_CHILD or self._child.poll() is not None):
            self._end()
        if not self._child:
            self._child, self._files = _started(self._memory_bytes), 0
        self._files += 1
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child:
            _reap(child)


def extract_within(
    seconds: float,
    name: str,
    data: bytes,
    limits: Limits = DEFAULT_LIMITS,
    memory_bytes: int = MEMORY_BYTES,
) -> Extracted:
    """The text of one file, read in a child process of its own; for many files keep an `Extractor`.

    Raises:
        ExtractionStoppedError: the deadline passed, memory ran out, or the parser crashed.
        ExtractionError: the file gives no text.
    """
    with Extractor(limits, memory_bytes) as extractor:
        return extractor.extract(name, data, seconds)


class _Late(Exception):  # noqa: N818 - never leaves this module
    """The deadline passed."""


def _started(memory_bytes: int) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-B", "-m", "retrieval.extraction.child", str(memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={key: os.environ[key] for key in _INHERITED if key in os.environ} | {"OPENBLAS_NUM_THREADS": "1"},
    )
    try:
        with _deadline(child, START_SECONDS):
            ready = _output(child).readline() == READY
    except _Late:
        ready = False
    if not ready:
        _reap(child)
        raise ExtractionStoppedError(
            "The process that reads files did not start; free some memory and try again."
        )
    return child


def _answer(child: subprocess.Popen[bytes], request: Request) -> Extracted | ExtractionError:
    with _deadline(child, request.seconds):
        write_request(cast(BinaryIO, child.stdin), request)
        line = _output(child).readline(longest_answer(request.limits))
        if not line.endswith(b"\n"):
            raise OSError("the child is gone")
    answer = parsed_answer(line)
    if isinstance(answer, ExtractionStoppedError):
        raise OSError("the child ran out of memory") from answer
    return answer


@contextmanager
def _reasons(seconds: float) -> Iterator[None]:
    """Say in words why a child gave no answer."""
    try:
        yield
    except _Late as error:
        raise ExtractionStoppedError(
            f"Reading the file took longer than {seconds:g} seconds; split it into smaller files."
        ) from error
    except (OSError, ValueError) as error:
        raise ExtractionStoppedError(
            "Reading the file took too much memory or crashed its parser; "
            "open it in its own program and save it again, or split it."
        ) from error


@contextmanager
def _deadline(child: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Kill a child that takes too long; whoever waits for it then sees its pipes close.

    Raises:
        _Late: that happened.
    """
    late = False

    def kill() -> None:
        nonlocal late
        late = True
        child.kill()

    timer = Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    except OSError as error:
        if late:
            raise _Late from error
        raise
    finally:
        timer.cancel()


def _output(child: subprocess.Popen[bytes]) -> BinaryIO:
    return cast(BinaryIO, child.stdout)


def _reap(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        try:
            cast(BinaryIO, pipe).close()
        except BrokenPipeError:
            continue
