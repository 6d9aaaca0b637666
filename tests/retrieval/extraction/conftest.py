"""Files of every format: PDFs written by hand, so that tests know each byte, Office files by libraries."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

import docx
import openpyxl
import pptx
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from pypdf import PdfReader, PdfWriter

MAIL = b"""From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r
To: team@example.org\r
Subject: Harvest report\r
Date: Mon, 1 Jan 2024 10:00:00 +0000\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=xx\r
\r
--xx\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
Sch=F6nen Tag, the plums are ripe.\r
--xx\r
Content-Type: application/pdf\r
Content-Disposition: attachment; filename*=utf-8''plum%20list.pdf\r
Content-Transfer-Encoding: base64\r
\r
AAAA\r
--xx--\r
"""
PAGE = b"""<!doctype html><html><head><title>Plums</title></head>
<body><h1>Plums</h1><p>Ripe in <b>August</b>.</p></body></html>"""


@pytest.fixture(scope="session")
def make_pdf() -> Callable[..., bytes]:
    """A PDF with one line of text for each line of each page; `content` draws pages instead."""
    return _pdf


@pytest.fixture(scope="session")
def lock_pdf() -> Callable[..., bytes]:
    """The same PDF, encrypted; with an empty password anyone may open it."""
    return _lock_pdf


@pytest.fixture(scope="session")
def rezip() -> Callable[..., bytes]:
    """The same zip archive with some members replaced or, by None, left out."""
    return _rezip


@pytest.fixture(scope="session")
def lock_office() -> Callable[[bytes], bytes]:
    """The same Office file under a password."""

    def lock(data: bytes) -> bytes:
        out = BytesIO()
        OOXMLFile(BytesIO(data)).encrypt("secret", out)
        return out.getvalue()

    return lock


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """One sound file of each format, under a name that says so."""
    return {
        "a.txt": "Plums are ripe in August.\nÄpfel später.".encode(),
        "a.md": b"# Plums\n\nRipe in *August*.\n",
        "a.html": PAGE,
        "a.csv": b"fruit,month\nplum,August\n",
        "a.tsv": b"fruit\tmonth\nplum\tAugust\n",
        "a.json": b'{"fruit": "plum", "months": [8, 9]}',
        "a.jsonl": b'{"fruit": "plum"}\n{"fruit": "apple"}\n',
        "a.pdf": _pdf(["Plums are ripe", "in August"], "Plums"),
        "a.docx": _docx(),
        "a.pptx": _pptx(),
        "a.xlsx": _xlsx(),
        "a.eml": MAIL,
    }


def _docx() -> bytes:
    document, out = docx.Document(), BytesIO()
    document.add_heading("Plums", 1)
    document.add_paragraph("Ripe in August.")
    document.save(out)
    return out.getvalue()


def _pptx() -> bytes:
    show, out = pptx.Presentation(), BytesIO()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Plums"
    slide.placeholders[1].text = "Ripe in August"
    show.save(out)
    return out.getvalue()


def _xlsx() -> bytes:
    book, out = openpyxl.Workbook(), BytesIO()
    book.active.append(["fruit", "month"])
    book.active.append(["plum", "August"])
    book.save(out)
    return out.getvalue()


def _rezip(data: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    out = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        kept = {name: old.read(name) for name in old.namelist()}
        for name, content in {**kept, **changes}.items():
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def _pdf(pages: Sequence[str], title: str = "", content: Sequence[bytes] = ()) -> bytes:
    """A PDF with one line of text for each line of a page; `content` replaces the pages' drawing."""
    drawn = [*content] or [_drawing(page) for page in pages]
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(drawn)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(drawn)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, stream in enumerate(drawn):
        packed = zlib.compress(stream)
        bodies.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
            + f" /Contents {5 + 2 * i} 0 R >>".encode()
        )
        bodies.append(
            f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode() + packed + b"\nendstream"
        )
    bodies.append(f"<< /Title ({title}) >>".encode())
    return _file(bodies)


def _lock_pdf(data: bytes, password: str, algorithm: str = "RC4-128") -> bytes:
    """The same PDF, encrypted; with an empty password anyone may open it."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(data)))
    writer.encrypt(password, owner_password="owner", algorithm=algorithm)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _drawing(page: str) -> bytes:
    lines = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in page.splitlines())
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    return f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET".encode("cp1252") if shown else b"0 0 m 9 9 l S"


def _file(bodies: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R /Info {len(bodies)} 0 R >>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())
