import zipfile
from collections.abc import Callable
from io import BytesIO

import openpyxl
import pytest

from retrieval.extraction import Limits, extract
from retrieval.extraction.errors import BrokenFileError, EncryptedFileError, ExtractionError, TooLargeError


@pytest.mark.parametrize(
    ("name", "limits", "what"),
    [
        ("a.txt", Limits(bytes=10), "more than 10 bytes"),
        ("a.txt", Limits(characters=10), "more than 10 characters"),
        ("a.html", Limits(characters=5), "more than 5 characters"),
        ("a.pdf", Limits(characters=5), "more than 5 characters"),
        ("a.pdf", Limits(pages=1), "more than 1 pages"),
        ("a.csv", Limits(rows=1), "more than 1 rows"),
        ("a.xlsx", Limits(rows=1), "more than 1 rows"),
        ("a.xlsx", Limits(cells=3), "too many cells"),
        ("a.xlsx", Limits(pages=0), "more than 0 pages"),
        ("a.jsonl", Limits(rows=1), "more than 1 rows"),
        ("a.docx", Limits(unpacked_bytes=1000), "unpacks to far more"),
        ("a.docx", Limits(part_bytes=100), "unpacks to far more"),
        ("a.docx", Limits(members=3), "unpacks to far more"),
    ],
)
def test_what_is_over_a_limit_is_refused(
    files: dict[str, bytes], name: str, limits: Limits, what: str
) -> None:
    with pytest.raises(TooLargeError, match=what):
        extract(name, files[name], limits)


def test_what_just_fits_is_read(files: dict[str, bytes]) -> None:
    data = files["a.txt"]
    limits = Limits(bytes=len(data), characters=len(data.decode()))
    assert extract("a.txt", data, limits).text == data.decode()


def test_a_part_that_packs_like_a_bomb_is_refused(
    files: dict[str, bytes], rezip: Callable[..., bytes]
) -> None:
    bomb = rezip(files["a.docx"], {"word/media/image1.bmp": bytes(20 << 20)})
    assert len(bomb) < 100_000
    with pytest.raises(TooLargeError):
        extract("a.docx", bomb)


def test_a_part_cannot_lie_about_its_size(files: dict[str, bytes], rezip: Callable[..., bytes]) -> None:
    """The directory says 1,000 bytes where 20 million follow; no more than it says is unpacked."""
    bomb = rezip(files["a.docx"], {"word/document.xml": b"<w:document>" + b" " * (20 << 20)})
    with zipfile.ZipFile(BytesIO(bomb)) as archive:
        size = archive.getinfo("word/document.xml").file_size
    told = bomb.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert told != bomb
    with pytest.raises(BrokenFileError):
        extract("a.docx", told)


@pytest.mark.parametrize(
    "entities",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">',
    ],
)
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.docx", "word/document.xml"),
        ("a.pptx", "ppt/slides/slide1.xml"),
        ("a.xlsx", "xl/worksheets/sheet1.xml"),
        ("a.xlsx", "xl/workbook.xml"),
        ("a.xlsx", "[Content_Types].xml"),
    ],
)
def test_entities_are_refused(
    files: dict[str, bytes], rezip: Callable[..., bytes], name: str, part: str, entities: str
) -> None:
    with zipfile.ZipFile(BytesIO(files[name])) as archive:
        xml = archive.read(part).decode()
    start = xml.index("?>") + 2 if xml.startswith("<?xml") else 0
    with pytest.raises(BrokenFileError):
        extract(name, rezip(files[name], {part: (xml[:start] + entities + xml[start:]).encode()}))


def test_parts_are_found_by_relation_never_outside_the_archive(
    files: dict[str, bytes], rezip: Callable[..., bytes]
) -> None:
    for target in ("../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "http://example.org/a.xml"):
        rels = (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r" Type="x/officeDocument" Target="{target}"/></Relationships>'
        )
        with pytest.raises(ExtractionError):
            extract("a.docx", rezip(files["a.docx"], {"_rels/.rels": rels.encode()}))


def test_encrypted_members_say_so(files: dict[str, bytes]) -> None:
    data = bytearray(files["a.docx"])
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    with pytest.raises(EncryptedFileError):
        extract("a.docx", bytes(data))


def test_unusual_packing_is_refused(files: dict[str, bytes]) -> None:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(files["a.docx"])) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(BrokenFileError, match="save it again"):
        extract("a.docx", out.getvalue())


def test_a_cell_at_the_end_of_the_sheet_costs_nothing() -> None:
    book, out = openpyxl.Workbook(), BytesIO()
    book.active["A1"] = "first"
    book.active["XFD20000"] = "last"
    book.save(out)
    assert extract("a.xlsx", out.getvalue()).text == "## Sheet\nfirst\nlast"
