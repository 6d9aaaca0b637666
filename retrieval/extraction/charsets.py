"""Bytes to text: by their mark, as UTF-8, by what they declare, else by a guess that must look like text."""

from __future__ import annotations

import codecs
import re

from retrieval.extraction.errors import UnknownFormatError

FORMATS = "PDF, Word, PowerPoint, Excel, e-mail, HTML, Markdown, CSV, TSV, JSON or plain text"
SAMPLE_BYTES = 65_536
MAX_ODD_SHARE = 0.01
"""Control characters and unreadable ones; packed or compiled data has some 10 %."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ODD = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd-\uffff]")
_DECLARED = re.compile(
    rb"(?:<meta[^>]{0,200}charset|<\?xml[^>]{0,100}encoding)\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE
)
_ESCAPES = ("idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-7")
"""Codecs that no document is written in; some take quadratic time."""
_FOREIGN = re.compile(rb"[\x80-\xff]")
_AROUND = 200
_LIKELY = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
)


def decode(data: bytes, declared: str = "") -> str:
    """The text that bytes stand for; `declared` is a character set that came with them.

    Raises:
        UnknownFormatError: they are not text.
    """
    if known := _known(declared):
        try:
            return _checked(data.decode(known))
        except UnicodeError:
            pass
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(charset, "replace"))
    charset = _wide(data)
    if charset:
        return _checked(data.decode(charset, "replace"))
    try:
        return _checked(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _checked(data.decode(_declared(data) or _guess(data), "replace"))


def _checked(text: str) -> str:
    if sum(1 for _ in _ODD.finditer(text)) > len(text) * MAX_ODD_SHARE:
        raise _not_text()
    return text


def _wide(data: bytes) -> str:
    """UTF-16 without a mark shows in Western text by a zero in every other byte."""
    sample = data[:SAMPLE_BYTES]
    half = len(sample) // 2
    high, low = sample[0::2].count(0), sample[1::2].count(0)
    if low > 0.4 * half and high < 0.02 * half:
        return "utf-16-le"
    if high > 0.4 * half and low < 0.02 * half:
        return "utf-16-be"
    return ""


def _declared(data: bytes) -> str:
    found = _DECLARED.search(data[:4096])
    return _known(found[1].decode("ascii", "replace")) if found else ""


def _known(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name if charset else ""
        return name if name and name not in _ESCAPES and "\x00".encode(name) else ""
    except (LookupError, ValueError):
        return ""


def _guess(data: bytes) -> str:
    """By the places where other characters than ASCII stand.

    Raises:
        UnknownFormatError: no character set makes sense of them.
    """
    from charset_normalizer import from_bytes

    best = from_bytes(_foreign(data), cp_isolation=list(_LIKELY)).best()
    if best is None:
        raise _not_text()
    return best.encoding


def _foreign(data: bytes) -> bytes:
    sample = bytearray()
    end = 0
    for found in _FOREIGN.finditer(data):
        if found.start() >= end:
            start, end = max(end, found.start() - _AROUND), found.start() + _AROUND
            sample += data[start:end]
        if len(sample) >= SAMPLE_BYTES:
            break
    return bytes(sample)


def _not_text() -> UnknownFormatError:
    return UnknownFormatError(f"The file is neither text nor a format that is read here; upload {FORMATS}.")
