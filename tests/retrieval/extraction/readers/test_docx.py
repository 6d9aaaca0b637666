from collections.abc import Callable
from io import BytesIO

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from retrieval.extraction import extract
from retrieval.extraction.errors import NoTextError


def saved(document: Document) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def read(document: Document) -> str:
    return extract("a.docx", saved(document)).text


def test_blocks_in_their_order() -> None:
    document = docx.Document()
    document.add_heading("Plums", 0)
    document.add_heading("Harvest", 2)
    document.add_paragraph("Ripe in ").add_run("August").bold = True
    document.add_paragraph("first", style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["fruit", "month", "plum", "8"], strict=True):
        cell.text = text
    document.add_paragraph("tab\there\nand a line")
    assert read(document) == (
        "# Plums\n\n## Harvest\nRipe in August\n- first\nfruit | month\nplum | 8\ntab\there\nand a line"
    )


def test_the_title_is_a_property_else_the_first_heading() -> None:
    document = docx.Document()
    document.add_heading("First heading", 1)
    assert extract("a.docx", saved(document)).title == "First heading"
    document.core_properties.title = "A property"
    assert extract("a.docx", saved(document)).title == "A property"


def paragraph(inner: str) -> Document:
    document = docx.Document()
    document.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}>{inner}</w:p>"))
    return document


def test_tracked_changes_read_as_accepted() -> None:
    changed = (
        "<w:r><w:t>The </w:t></w:r>"
        '<w:del w:id="1" w:author="a"><w:r><w:delText>old</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="a"><w:r><w:t>new</w:t></w:r></w:ins>'
        '<w:moveFrom w:id="3" w:author="a"><w:r><w:t>moved away</w:t></w:r></w:moveFrom>'
        "<w:r><w:t> text</w:t></w:r>"
    )
    assert read(paragraph(changed)) == "The new text"


def test_codes_of_fields_are_not_text() -> None:
    assert read(paragraph("<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>seven</w:t></w:r>")) == "seven"


def test_tables_in_tables_are_read_once() -> None:
    document = docx.Document()
    cell = document.add_table(1, 1).cell(0, 0)
    cell.text = "outer"
    cell.add_table(1, 1).cell(0, 0).text = "inner"
    assert read(document) == "outer inner"


def test_footnotes_follow_the_text(rezip: Callable[..., bytes]) -> None:
    data = saved(paragraph('<w:r><w:t>Plums</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'))
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:r><w:t>Or damsons.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r9" Type="{kind}" Target="footnotes.xml"/></Relationships>'
    )
    changed = rezip(
        data, {"word/footnotes.xml": notes.encode(), "word/_rels/document.xml.rels": rels.encode()}
    )
    assert extract("a.docx", changed).text == "Plums[^2]\n[^2] Or damsons."


def test_an_empty_document_has_no_text() -> None:
    with pytest.raises(NoTextError):
        read(docx.Document())
