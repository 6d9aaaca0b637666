"""What the reading process is asked and answers: a line of JSON each, after a request the file's bytes.

Nothing is unpickled: the other side has just run parsers of C on bytes of unknown origin.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import BinaryIO

from retrieval.extraction.errors import ERRORS, ExtractionError
from retrieval.extraction.extracted import Extracted
from retrieval.extraction.limits import Limits

READY = b"ready\n"


@dataclass(frozen=True, slots=True)
class Request:
    """A file to read."""

    name: str
    data: bytes
    limits: Limits
    seconds: float


def write_request(out: BinaryIO, request: Request) -> None:
    """Send a file."""
    head = {
        "name": request.name,
        "size": len(request.data),
        "limits": asdict(request.limits),
        "seconds": request.seconds,
    }
    out.write(json.dumps(head).encode() + b"\n")
    out.write(request.data)
    out.flush()


def read_request(source: BinaryIO) -> Request | None:
    """The next file, or None when the other side has closed."""
    head = source.readline()
    if not head:
        return None
    fields = json.loads(head)
    data = source.read(fields["size"])
    return Request(fields["name"], data, Limits(**fields["limits"]), fields["seconds"])


def write_answer(out: BinaryIO, answer: Extracted | ExtractionError) -> None:
    """Send what was read, or why nothing was."""
    if isinstance(answer, Extracted):
        fields = asdict(answer)
    else:
        fields = {"error": type(answer).__name__, "message": str(answer)}
    out.write(json.dumps(fields, ensure_ascii=False).encode() + b"\n")
    out.flush()


def parsed_answer(line: bytes) -> Extracted | ExtractionError:
    """What was read, or the reason why nothing was.

    Raises:
        ValueError: the line is no answer.
    """
    fields = json.loads(line)
    try:
        if "error" in fields:
            return ERRORS[fields["error"]](fields["message"])
        return Extracted(fields["text"], fields["title"], tuple(fields["pages"]), fields["media_type"])
    except (KeyError, TypeError) as error:
        raise ValueError("not an answer") from error


def longest_answer(limits: Limits) -> int:
    """Bytes that no honest answer exceeds: four for a character, twenty for a page."""
    return 4 * limits.characters + 20 * limits.pages + (1 << 16)
