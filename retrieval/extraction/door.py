"""The one door to all formats."""

from __future__ import annotations

from retrieval.extraction.charsets import decode
from retrieval.extraction.errors import (
    BrokenFileError,
    EmptyFileError,
    ExtractionError,
    ExtractionStoppedError,
    TooLargeError,
    UnknownFormatError,
)
from retrieval.extraction.extracted import Draft, Extracted
from retrieval.extraction.formats import Format, check_promise, format_of_bytes, format_of_text, is_html
from retrieval.extraction.limits import DEFAULT_LIMITS, Limits
from retrieval.extraction.readers import csv, docx, eml, html, json, md, pdf, pptx, txt, xlsx

_BYTES_READERS = {
    Format.PDF: pdf.read,
    Format.DOCX: docx.read,
    Format.PPTX: pptx.read,
    Format.XLSX: xlsx.read,
    Format.EML: eml.read,
}
_TEXT_READERS = {
    Format.TXT: txt.read,
    Format.MD: md.read,
    Format.HTML: html.read,
    Format.CSV: csv.read,
    Format.TSV: csv.read,
    Format.JSON: json.read,
    Format.JSONL: json.read,
}


def extract(name: str, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Extracted:
    """The text of a file, read in this process and with no deadline.

    Raises:
        ExtractionError: there is none to be had; its class and `code` say why, its message what to do.
    """
    if not data:
        raise EmptyFileError("The file is empty; upload one that holds text.")
    if len(data) > limits.bytes:
        raise TooLargeError(f"The file has more than {limits.bytes:,} bytes; split it into smaller files.")
    draft = Draft(limits)
    try:
        return draft.finished(name, _read(name, data, draft))
    except ExtractionError:
        raise
    except MemoryError as error:
        raise ExtractionStoppedError("The file takes too much memory to read; split it.") from error
    except Exception as error:  # whatever a parser likes to raise at a broken file
        raise BrokenFileError(
            "The file is broken and cannot be read; open it in its own program and save it again."
        ) from error


def _read(name: str, data: bytes, draft: Draft) -> Format:
    found = format_of_bytes(name, data, draft.limits)
    if found:
        _BYTES_READERS[found](data, draft)
        return found
    try:
        text = decode(data)
    except UnknownFormatError:
        check_promise(name)
        raise
    return _read_text(name, text, draft)


def _read_text(name: str, text: str, draft: Draft) -> Format:
    if not text.strip():
        raise EmptyFileError("The file holds nothing but white space; upload one that holds text.")
    if is_html(text):
        found = Format.HTML
    else:
        check_promise(name)
        found = format_of_text(name)
    _TEXT_READERS[found](text, draft)
    return found
