"""A file's text as it grows under its limits, and as it is when done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from retrieval.extraction.errors import NoTextError, TooLargeError
from retrieval.extraction.limits import Limits

TITLE_CHARACTERS = 200
_LINE_END = re.compile(r"\r\n?|\x0b|\x0c|\u2028|\u2029")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file; all later offsets count its characters.

    Lines end with one newline; there are no control characters and no lone surrogates.
    """

    text: str
    title: str
    """Of the document where it names one, else of the file."""
    pages: tuple[int, ...]
    """Where pages, slides or sheets start in the text, in order; empty where the format has none."""
    media_type: str
    """Of what was found, whatever the file's name says."""


class Draft:
    """Text in the making, clean from the first character."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.title = ""
        self._parts: list[str] = []
        self._pages: list[int] = []
        self._length = self._rows = 0

    def add(self, text: str) -> None:
        """Append text as it stands.

        Raises:
            TooLargeError: there are more characters than allowed.
        """
        text = clean(text)
        self._parts.append(text)
        self._length += len(text)
        if self._length > self.limits.characters:
            raise TooLargeError(
                f"The file has more than {self.limits.characters:,} characters; split it into smaller files."
            )

    def line(self, text: str) -> None:
        """Append a line, unless it is blank."""
        if text := text.strip():
            self.add(text + "\n")

    def heading(self, text: str, level: int = 1) -> None:
        """Append a heading as Markdown writes it."""
        if text := " ".join(text.split()):
            gap = "\n" if self._length > (self._pages[-1] if self._pages else 0) else ""
            self.add(f"{gap}{'#' * level} {text}\n")

    def page(self) -> None:
        """Begin a page; blank ones count too, so that numbers stay true.

        Raises:
            TooLargeError: there are more pages than allowed.
        """
        if len(self._pages) == self.limits.pages:
            raise TooLargeError(
                f"The file has more than {self.limits.pages:,} pages; split it into smaller files."
            )
        if self._length:
            self.add("\n")
        self._pages.append(self._length)

    def count_row(self) -> None:
        """Count one row of a table.

        Raises:
            TooLargeError: there are more rows than allowed.
        """
        self._rows += 1
        if self._rows > self.limits.rows:
            raise TooLargeError(
                f"The file has more than {self.limits.rows:,} rows; split it into smaller files."
            )

    def finished(self, name: str, media_type: str) -> Extracted:
        """The text, with the file's name for a title where the document has none.

        Raises:
            NoTextError: there is nothing but white space.
        """
        text = "".join(self._parts).rstrip()
        if not text:
            raise NoTextError("No text was found in the file; if it is a scan, run OCR on it first.")
        title = " ".join(clean(self.title).split())[:TITLE_CHARACTERS].strip() or stem(name)
        return Extracted(text, title, tuple(min(page, len(text)) for page in self._pages), media_type)


def clean(text: str) -> str:
    """Text with one kind of line end, and without characters that databases or tokenizers refuse."""
    return _SURROGATE.sub("\ufffd", _FORBIDDEN.sub("", _LINE_END.sub("\n", text)))


def stem(name: str) -> str:
    """A file's name without folders and suffix; it names the text, it is never opened."""
    return " ".join(clean(PurePosixPath(name.replace("\\", "/")).stem).split())[:TITLE_CHARACTERS]


def suffix(name: str) -> str:
    """What a file's name promises, in small letters, such as `.pdf`; empty where it promises nothing."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()
