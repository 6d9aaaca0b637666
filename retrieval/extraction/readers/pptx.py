"""Presentations: the words of each slide and of its speaker's notes, in the order of the show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from retrieval.extraction.errors import NoTextError
from retrieval.extraction.extracted import Draft
from retrieval.extraction.package import Package, attribute, every, find, local

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_TITLES = ("title", "ctrTitle")
_REPEATED = ("sldNum", "dt", "ftr", "hdr", "sldImg")
"""Placeholders that say the same on every slide."""


def read(data: bytes, draft: Draft) -> None:
    """Write slide after slide, each a page.

    Raises:
        NoTextError: no slide holds a word.
    """
    package = Package(data, draft.limits)
    draft.title = package.title()
    said = sum(_write_slide(package, slide, draft) for slide in _slides(package))
    if not said:
        raise NoTextError(
            "No text was found on the slides; if they hold pictures of text, run OCR on them first."
        )


def _slides(package: Package) -> Iterator[str]:
    main = package.main_part()
    relations = package.relations(main)
    for entry in every(package.tree(main), "sldId"):
        ids = [value for key, value in entry.attrib.items() if key.endswith("}id")]
        yield from (relations[i].target for i in ids if i in relations)


def _write_slide(package: Package, slide: str, draft: Draft) -> bool:
    draft.page()
    said = _write_shapes(package.tree(slide), draft)
    for notes in package.related(slide, "notesSlide"):
        said = _write_shapes(package.tree(notes), draft) or said
    return said


def _write_shapes(tree: Element, draft: Draft) -> bool:
    said = False
    for shape in _shapes(tree):
        role = _role(shape)
        lines = [] if role in _REPEATED else list(_lines(shape))
        said = said or bool(lines)
        if role in _TITLES and lines:
            draft.heading(" ".join(lines), 2)
            draft.title = draft.title or " ".join(lines)
            continue
        for line in lines:
            draft.line(line)
    return said


def _shapes(tree: Element) -> Iterator[Element]:
    """What holds text itself: boxes and tables, those in groups too."""
    return (element for element in tree.iter() if local(element.tag) in ("sp", "graphicFrame"))


def _role(shape: Element) -> str:
    place = find(shape, "nvSpPr", "nvPr", "ph")
    return attribute(place, "type") if place is not None else ""


def _lines(shape: Element) -> Iterator[str]:
    rows = list(every(shape, "tr"))
    for row in rows:
        cells = (" ".join(" ".join(_paragraphs(cell)).split()) for cell in every(row, "tc"))
        yield " | ".join(cell for cell in cells if cell)
    if not rows:
        yield from _paragraphs(shape)


def _paragraphs(element: Element) -> Iterator[str]:
    for paragraph in every(element, "p"):
        text = "".join(_piece(piece) for piece in paragraph.iter())
        if text.strip():
            yield text


def _piece(element: Element) -> str:
    tag = local(element.tag)
    return element.text or "" if tag == "t" else "\n" if tag == "br" else ""
