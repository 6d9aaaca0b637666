"""PDF, through PDFium: the text of each page as it stands in the file; pictures are not read."""

from __future__ import annotations

import re
from contextlib import closing
from threading import Lock
from typing import TYPE_CHECKING

from retrieval.extraction.errors import BrokenFileError, EncryptedFileError
from retrieval.extraction.extracted import Draft

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_LINE_HYPHEN = re.compile(r"[\ufffe\x02](\r?\n)?")
"""PDFium's sign for a hyphen that only a line's end needed."""
_pdfium = Lock()
"""PDFium may be in one call at a time in one process."""


def read(data: bytes, draft: Draft) -> None:
    """Write page after page.

    Raises:
        EncryptedFileError: it opens only with a password.
        BrokenFileError: it cannot be opened.
    """
    with _pdfium, closing(_opened(data)) as document:
        draft.title = document.get_metadata_value("Title")
        for number in range(len(document)):
            draft.page()
            draft.add(_LINE_HYPHEN.sub("", _text(document, number)).strip())
            draft.add("\n")


def _opened(data: bytes) -> PdfDocument:
    from pypdfium2 import PdfDocument, PdfiumError, raw

    try:
        return PdfDocument(data)
    except PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise EncryptedFileError(
                "The PDF is encrypted; save it without a password and upload it again."
            ) from error
        raise BrokenFileError("The PDF is broken; open it in a PDF program and save it again.") from error


def _text(document: PdfDocument, number: int) -> str:
    with closing(document[number]) as page, closing(page.get_textpage()) as textpage:
        text: str = textpage.get_text_bounded()
        return text
