from io import BytesIO

import pptx
import pytest
from pptx.presentation import Presentation
from pptx.util import Inches

from retrieval.extraction import extract
from retrieval.extraction.errors import NoTextError


def saved(show: Presentation) -> bytes:
    out = BytesIO()
    show.save(out)
    return out.getvalue()


def test_slides_are_pages_in_the_order_of_the_show() -> None:
    show = pptx.Presentation()
    for title, body in (("Plums", "Ripe in August\nand blue"), ("Apples", "later")):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, body
    order = show.slides._sldIdLst
    order.insert(0, order[1])
    found = extract("a.pptx", saved(show))
    first, second = found.pages
    assert found.text[first:second].strip() == "## Apples\nlater"
    assert found.text[second:] == "## Plums\nRipe in August\nand blue"
    assert found.title == "Apples"


def test_notes_tables_and_groups_are_read() -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(2)).table
    for (row, column), text in {(0, 0): "fruit", (0, 1): "month", (1, 0): "plum", (1, 1): "8"}.items():
        table.cell(row, column).text = text
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "in a group"
    slide.notes_slide.notes_text_frame.text = "Say it slowly"
    assert extract("a.pptx", saved(show)).text == "fruit | month\nplum | 8\nin a group\nSay it slowly"


def test_slides_without_words_have_no_text() -> None:
    show = pptx.Presentation()
    show.slides.add_slide(show.slide_layouts[6])
    with pytest.raises(NoTextError, match="slides"):
        extract("a.pptx", saved(show))
