"""The report of a recommendation: report.json, one-file report.html, and the tensor as parquet."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from advisor.files import write_atomically
from advisor.pictures import forest, quality_and_cost
from advisor.recommendation import Case, Recommendation
from advisor.wording import METRIC_WORDS

DISAGREEMENTS = 5


def write_report(result: Recommendation, folder: Path) -> None:
    """Write report.html and, last, report.json."""
    write_atomically(folder / "report.html", as_html(result).encode())
    write_atomically(folder / "report.json", result.model_dump_json(indent=1).encode())


def as_html(result: Recommendation) -> str:
    """The report as one HTML page that needs no network."""
    page = Environment(
        loader=PackageLoader("advisor"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return page.get_template("report.html").render(
        r=result,
        metric=METRIC_WORDS[result.metric],
        forest=forest(result),
        picture=quality_and_cost(result),
        disagreements=disagreements(result),
    )


def disagreements(result: Recommendation) -> list[Case]:
    """The samples on which the methods' scores differ most."""
    spread = {i: max(case.scores.values()) - min(case.scores.values()) for i, case in enumerate(result.cases)}
    order = sorted(spread, key=lambda i: (-spread[i], i))
    return [result.cases[i] for i in order[:DISAGREEMENTS] if spread[i] > 0]
