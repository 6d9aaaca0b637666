"""The same findings as HTML, Markdown and JSON."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from advisor.pictures import WIDTH
from advisor.recommendation import Recommendation
from advisor.report import as_html, as_markdown, what_would_change_it, write_report
from advisor.weigh import weigh
from tests.advisor.measurements import measured, use_case

EVIL = "<script>alert(1)</script> | **bold** [x](y)\n# head"


@pytest.fixture(scope="module")
def found() -> Recommendation:
    case = use_case(constraints={"monthly_volume": 1_000}, description=EVIL, name=EVIL)
    result = weigh(case, measured(case, np.random.default_rng(1)))
    [first, *others] = result.cases
    outputs = dict.fromkeys(first.outputs, EVIL)
    scores = {name: float(i == 0) for i, name in enumerate(outputs)}
    marked = first.model_copy(update={"input": EVIL, "outputs": outputs, "scores": scores})
    return result.model_copy(update={"cases": (marked, *others)})


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def test_the_first_screen_says_all_that_matters(found: Recommendation) -> None:
    page = as_html(found)
    order = [
        f'class="advice {found.confidence}"',
        "confidence</span>",
        "How far each method is from the leader",
        "Quality and cost",
        "What would change this",
        "Where the methods disagree most",
        "Deploy, download, extend",
        "What the advice rests on",
    ]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert all(flip.message in page for flip in found.flips)
    assert "noted on 2025-08-01" in page


def test_the_page_needs_nothing_else_and_runs_nothing(found: Recommendation) -> None:
    page = as_html(found)
    assert not {"script", "img", "iframe", "link", "object"} & set(Tags(page).seen)
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://localhost", "")
    for picture in page.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + picture.split("</svg>")[0] + "</svg>")


def test_the_page_fits_a_phone_and_paper(found: Recommendation) -> None:
    page = as_html(found)
    assert "width=device-width" in page and "@media print" in page and "max-width: 40rem" in page
    assert page.count('<div class="scroll">\n<table>') >= page.count("<table>") - 1


def test_no_name_leaves_a_picture_or_covers_another(found: Recommendation) -> None:
    names = [
        f"{row.method} @ openai:a-maker/a-model-with-a-long-name-{i}" for i, row in enumerate(found.rows)
    ]
    rows = [row.model_copy(update={"method": name}) for row, name in zip(found.rows, names, strict=True)]
    close = [row.model_copy(update={"cost_per_1000": 1 + i / 1e3}) for i, row in enumerate(rows)]
    forest, scatter = re.findall("<svg.*?</svg>", as_html(found.model_copy(update={"rows": tuple(close)})))
    for picture in (forest, scatter):
        texts = re.findall(
            r'<text x="([\d.-]+)" y="([\d.-]+)" text-anchor="(\w+)"[^>]*>([^<]*…[^<]*)<', picture
        )
        assert len(texts) == len(rows)
        boxes = []
        for x, y, anchor, words in texts:
            left = float(x) - (6.5 * len(words) if anchor == "end" else 0)
            assert left >= 0 and left + 6.5 * len(words) <= WIDTH
            boxes.append((left, left + 6.5 * len(words), float(y)))
        for one, other in combinations(boxes, 2):
            assert one[0] >= other[1] or other[0] >= one[1] or abs(one[2] - other[2]) > 10


@pytest.mark.parametrize(
    ("gained", "told"), [(0.031, "gains 3.1 points over"), (-0.02, "gains nothing over")]
)
def test_documents_gain_something_or_nothing(found: Recommendation, gained: float, told: str) -> None:
    page = as_html(found.model_copy(update={"knowledge_share": gained}))
    assert told in page and ("may lose as they change" in page) == (gained > 0)


def test_one_is_not_told_as_many(found: Recommendation) -> None:
    first = found.rows[0].model_copy(update={"too_long": 1, "unlearned": 1, "cost_per_1000": None})
    economics = found.economics.model_copy(update={"lifetime_months": 1.0})
    page = as_html(found.model_copy(update={"rows": (first, *found.rows[1:]), "economics": economics}))
    for words in ("1 document<", "1 input too long", "1 sample too long", "that over 1 month,"):
        assert words in page
    assert f"for want of a price: {first.method}." in page


def test_markdown_holds_the_same_figures_and_no_foreign_markup(found: Recommendation) -> None:
    text = as_markdown(found)
    for row in found.rows:
        assert f"{100 * row.score:.1f}" in text
    assert all(
        line.replace("_", "") in text.replace("\\", "").replace("_", "")
        for line in what_would_change_it(found)
    )
    assert "<script>" not in text and "**bold**" not in text and "\n# head" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") in (3, 7, 9) for line in tables)


def test_all_three_are_written(found: Recommendation, tmp_path: Path) -> None:
    write_report(found, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.json", "report.md"]
    assert Recommendation.model_validate_json((tmp_path / "report.json").read_text("utf-8")) == found
