"""The process in which files are read: what a parser breaks, breaks here.

Takes requests from its standard input until it ends. It may neither write files nor use more memory than
its one argument says, nor more processor time for a file than the file's deadline.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

from retrieval.extraction.door import extract
from retrieval.extraction.errors import ExtractionError
from retrieval.extraction.extracted import Extracted
from retrieval.extraction.wire import READY, Request, read_request, write_answer


def main() -> None:
    """Answer requests until the input ends."""
    answers = _own_output()
    _bound(int(sys.argv[1]))
    answers.write(READY)
    answers.flush()
    while request := read_request(sys.stdin.buffer):
        _bound_time(request.seconds)
        write_answer(answers, _answer(request))


def _answer(request: Request) -> Extracted | ExtractionError:
    try:
        return extract(request.name, request.data, request.limits)
    except ExtractionError as error:
        return error


def _own_output() -> BinaryIO:
    """The standard output under another number, so that no parser's message can get into an answer."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return own


def _bound(memory_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _bound_time(seconds: float) -> None:
    """Even if the parent is gone and cannot end it, a parser that runs for ever ends."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
