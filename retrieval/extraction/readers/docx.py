"""Word documents: paragraphs, headings, lists, tables, text boxes, notes; not what was struck out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from retrieval.extraction.extracted import Draft
from retrieval.extraction.package import Package, attribute, every, find, local

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_UNSEEN = re.compile(r"[rp]Pr|tbl(Pr|Grid)|t[rc]Pr|sectPr|del|moveFrom|instrText|Fallback")
"""Properties, what was struck out or moved away, codes of fields, copies for old programs."""
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_HEADING = re.compile(r"(?:heading (\d)|title)$", re.IGNORECASE)
_LIST = re.compile(r"list (bullet|number)", re.IGNORECASE)
_NOTES = ("footnotes", "endnotes")


def read(data: bytes, draft: Draft) -> None:
    """Write the body block by block, then its notes."""
    package = Package(data, draft.limits)
    main = package.main_part()
    marks = _marks(package, main)
    draft.title = package.title()
    for body in every(package.tree(main), "body"):
        _write_blocks(body, marks, draft)
    for kind in _NOTES:
        for part in package.related(main, kind):
            _write_notes(package.tree(part), draft)


def _marks(package: Package, main: str) -> dict[str, str]:
    """What stands before a paragraph of a style, by its id; ids are in any language, names are not."""
    marks = {}
    for part in package.related(main, "styles"):
        for style in every(package.tree(part), "style"):
            name = find(style, "name")
            if name is not None and (mark := _mark(attribute(name, "val"))):
                marks[attribute(style, "styleId")] = mark
    return marks


def _mark(style: str) -> str:
    heading = _HEADING.match(style)
    if heading:
        return "#" * int(heading[1] or 1)
    return "-" if _LIST.match(style) else ""


def _write_blocks(container: Element, marks: dict[str, str], draft: Draft) -> None:
    for block in container:
        tag = local(block.tag)
        if tag == "p":
            _write_paragraph(block, marks, draft)
        elif tag == "tbl":
            for row in _inner(block, "tr"):
                draft.line(_row(row))
        elif not _UNSEEN.fullmatch(tag):
            _write_blocks(block, marks, draft)


def _write_paragraph(paragraph: Element, marks: dict[str, str], draft: Draft) -> None:
    text = "".join(_pieces(paragraph)).strip()
    style = find(paragraph, "pPr", "pStyle")
    mark = marks.get(attribute(style, "val"), "") if style is not None else ""
    if mark.startswith("#"):
        draft.heading(text, len(mark))
        draft.title = draft.title or text
    elif text and (mark or find(paragraph, "pPr", "numPr") is not None):
        draft.line(f"- {text}")
    else:
        draft.line(text)


def _row(row: Element) -> str:
    cells = (" ".join("".join(_pieces(cell)).split()) for cell in _inner(row, "tc"))
    return " | ".join(cell for cell in cells if cell)


def _inner(element: Element, name: str) -> Iterator[Element]:
    """Rows of a table or cells of a row, in content controls too, but not those of tables inside."""
    for child in element:
        tag = local(child.tag)
        if tag == name:
            yield child
        elif tag in ("sdt", "sdtContent", "customXml", "ins"):
            yield from _inner(child, name)


def _write_notes(notes: Element, draft: Draft) -> None:
    for note in notes:
        if not attribute(note, "type"):
            text = " ".join("".join(_pieces(note)).split())
            draft.line(f"[^{attribute(note, 'id')}] {text}" if text else "")


def _pieces(element: Element) -> Iterator[str]:
    """The visible text inside an element; a paragraph inside it, as in a text box, is a line of its own."""
    for child in element:
        tag = local(child.tag)
        if tag == "t":
            yield child.text or ""
        elif tag in _SIGNS:
            yield _SIGNS[tag]
        elif tag in ("footnoteReference", "endnoteReference"):
            yield f"[^{attribute(child, 'id')}]"
        elif not _UNSEEN.fullmatch(tag):
            yield from _pieces(child)
            yield "\n" if tag == "p" else ""
