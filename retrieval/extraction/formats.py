"""Which format a file has: by its content where that is unmistakable, else by its name."""

from __future__ import annotations

import re
from enum import StrEnum

from retrieval.extraction.errors import BrokenFileError, EncryptedFileError, UnknownFormatError
from retrieval.extraction.extracted import suffix
from retrieval.extraction.limits import Limits
from retrieval.extraction.package import Package

_OFFICE = "application/vnd.openxmlformats-officedocument"


class Format(StrEnum):
    """The formats that are read, as media types."""

    TXT = "text/plain"
    MD = "text/markdown"
    HTML = "text/html"
    CSV = "text/csv"
    TSV = "text/tab-separated-values"
    JSON = "application/json"
    JSONL = "application/jsonl"
    PDF = "application/pdf"
    DOCX = f"{_OFFICE}.wordprocessingml.document"
    PPTX = f"{_OFFICE}.presentationml.presentation"
    XLSX = f"{_OFFICE}.spreadsheetml.sheet"
    EML = "message/rfc822"


_TEXTS = {
    ".md": Format.MD,
    ".markdown": Format.MD,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
}
_PROMISES = {
    ".pdf": "PDF",
    ".docx": "Word",
    ".docm": "Word",
    ".pptx": "PowerPoint",
    ".pptm": "PowerPoint",
    ".xlsx": "Excel",
    ".xlsm": "Excel",
    ".eml": "e-mail",
}
_MAIN_PARTS = (
    (re.compile(r"wordprocessingml|ms-word\.(document|template)\."), Format.DOCX),
    (re.compile(r"presentationml|ms-powerpoint\."), Format.PPTX),
    (re.compile(r"spreadsheetml|ms-excel\.(sheet|template)\.macro"), Format.XLSX),
)
"""What the content type of an Office file's main part says; macros are never run."""
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_BEFORE_PDF = b"\xef\xbb\xbf \t\r\n\0"
_HEADER_BYTES = 1024
_MAIL_HEADER = re.compile(
    rb"^(from|to|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type):",
    re.IGNORECASE | re.MULTILINE,
)
_HEADERS_OF_A_MAIL = 3
_MAIL_START = re.compile(rb"(from |[\w-]{1,70}:)", re.IGNORECASE)
_HTML = re.compile(r"(?is)\s*(<\?xml[^>]*>)?(?>(\s*<!--.*?-->)*)\s*<(!doctype\s+html|html[\s>])")


def format_of_bytes(name: str, data: bytes, limits: Limits) -> Format | None:
    """The format of a file that is not simply text; None where it may be text.

    Raises:
        UnknownFormatError: it is of a format that is known and not read here.
        EncryptedFileError: it is an Office file under a password.
        TooLargeError: it is an archive that unpacks to more than the limits allow.
    """
    if _is_pdf(name, data):
        return Format.PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _format_of_package(data, limits)
    if data.startswith(_COMPOUND):
        raise _compound_error(data)
    if data.startswith(b"{\\rtf"):
        raise UnknownFormatError("RTF is not read here; save the file as .docx, .pdf or .txt.")
    return Format.EML if _is_mail(name, data) else None


def check_promise(name: str) -> None:
    """Refuse text, or what cannot be read as text, under the name of another format.

    Raises:
        BrokenFileError: the name promises a format whose content would have been recognised.
    """
    promised = _PROMISES.get(suffix(name))
    if promised:
        raise BrokenFileError(
            f"The name ends with {suffix(name)}, but this is no sound {promised} file; save it again as one."
        )


def is_html(text: str) -> bool:
    """Whether a text begins as a whole HTML page does."""
    return bool(_HTML.match(text[:_HEADER_BYTES]))


def format_of_text(name: str) -> Format:
    """Among formats that are all text, what the name says; plain text where it says nothing."""
    return _TEXTS.get(suffix(name), Format.TXT)


def _is_pdf(name: str, data: bytes) -> bool:
    start = data[:_HEADER_BYTES]
    return start.lstrip(_BEFORE_PDF).startswith(b"%PDF-") or (suffix(name) == ".pdf" and b"%PDF-" in start)


def _is_mail(name: str, data: bytes) -> bool:
    start = data[: 8 * _HEADER_BYTES].lstrip()
    if not _MAIL_START.match(start):
        return False
    head = re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0]
    found = {header.lower() for header in _MAIL_HEADER.findall(head)}
    return suffix(name) == ".eml" or (len(found) >= _HEADERS_OF_A_MAIL and b"from" in found)


def _format_of_package(data: bytes, limits: Limits) -> Format:
    content_type = Package(data, limits).content_type()
    for pattern, found in _MAIN_PARTS:
        if pattern.search(content_type):
            return found
    raise UnknownFormatError("A zip archive is not read here; upload the files that it holds.")


def _compound_error(data: bytes) -> UnknownFormatError | EncryptedFileError:
    if _ENCRYPTED_PACKAGE in data:
        return EncryptedFileError("The file is encrypted; save it without a password and upload it again.")
    return UnknownFormatError(
        "Old Office files (.doc, .xls, .ppt, .msg) are not read; save it as .docx, .xlsx, .pptx or .eml."
    )
