"""Bytes to text: which encoding a file is in, and whether it is text at all."""

from __future__ import annotations

import codecs
from pathlib import Path

from finetune.data.errors import UnreadableDataError
from finetune.data.records import Notice

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32's mark begins with UTF-16's, so it is looked for first."""
SAMPLE = 65_536
MOST_CONTROLS = 0.02
"""The share of control characters from which a file is no text."""
LINE_ENDS = "\t\n\r\f\x1a"


def read_text(path: Path) -> tuple[str, tuple[Notice, ...]]:
    """The text of a file, and a notice where it is not UTF-8.

    Raises:
        UnreadableDataError: it is no text.
    """
    data = path.read_bytes()
    encoding = _encoding(data)
    text = _decode(data, encoding)
    sample = text[:SAMPLE]
    controls = sum(1 for c in sample if c < " " and c not in LINE_ENDS)
    if controls > MOST_CONTROLS * len(sample):
        raise UnreadableDataError(
            "This is no text and no known format; send CSV, TSV, JSON, JSONL, plain text, XLSX or Parquet."
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, () if encoding.startswith("utf-8") else (_notice(encoding),)


def _encoding(data: bytes) -> str:
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    zeros_first, zeros_second = data[:SAMPLE:2].count(0), data[1:SAMPLE:2].count(0)
    pairs = min(len(data), SAMPLE) / 2
    # Latin letters in UTF-16 have a zero for every second byte.
    if max(zeros_first, zeros_second) > 0.4 * pairs > 10 * min(zeros_first, zeros_second):
        return "utf-16-be" if zeros_first > zeros_second else "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "cp1252":
            raise UnreadableDataError(
                f"The file begins as {encoding.upper()} but breaks at byte {error.start:,}; save it as UTF-8."
            ) from error
    # The five bytes that Windows-1252 leaves open.
    return data.decode("cp1252", "replace")


def _notice(encoding: str) -> Notice:
    shown = "Windows-1252" if encoding == "cp1252" else encoding.upper()
    return Notice("not_utf8", f"The file is not UTF-8; it was read as {shown}: look at its accented letters.")
