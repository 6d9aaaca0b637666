"""The report of a recommendation as report.html (one file, no network), report.md and report.json."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from advisor.counted import counted
from advisor.files import write_atomically
from advisor.pictures import forest, learning_curves, quality_and_cost
from advisor.recommendation import Case, Recommendation
from advisor.wording import METRIC_WORDS

DISAGREEMENTS = 5
LEAST_MONEY = 0.001
"""Below this an amount is not told."""
WORTH_TELLING = 0.001
"""What more labels must gain on average to be told."""
_MARKUP = re.compile(r"([\\`*_\[\]<>|#])")


def write_report(result: Recommendation, folder: Path) -> None:
    """Write report.html, report.md and, last, report.json."""
    write_atomically(folder / "report.html", as_html(result).encode())
    write_atomically(folder / "report.md", as_markdown(result).encode())
    write_atomically(folder / "report.json", result.model_dump_json(indent=1).encode())


def as_html(result: Recommendation) -> str:
    """The report as one HTML page that needs no network."""
    pictures = {
        "forest": forest(result),
        "picture": quality_and_cost(result),
        "learning": learning_curves(result),
    }
    return _render("report.html", result, **pictures)


def as_markdown(result: Recommendation) -> str:
    """The report as Markdown, with tables in the place of pictures."""
    return _render("report.md", result)


def disagreements(result: Recommendation) -> list[Case]:
    """The samples on which the methods' scores differ most."""
    spread = {i: max(case.scores.values()) - min(case.scores.values()) for i, case in enumerate(result.cases)}
    order = sorted(spread, key=lambda i: (-spread[i], i))
    return [result.cases[i] for i in order[:DISAGREEMENTS] if spread[i] > 0]


def what_would_change_it(result: Recommendation) -> Iterator[str]:
    """The flips, what more labels would do, and how small a lead so many samples show."""
    yield from (flip.message for flip in result.flips)
    yield from (curve.overtaking.message for curve in result.curves if curve.overtaking)
    chosen = next((row for row in result.rows if row.method == result.recommended), None)
    if result.labels_needed is not None:
        needed = f"{result.labels_needed:,}"
        yield f"About {needed} scored samples would settle the verdict, if the scores stayed as they are."
    if chosen and result.outlooks:
        last = result.outlooks[-1]
        if chosen.expected_loss - last.expected_loss >= WORTH_TELLING:
            yield (
                f"With {last.samples:,} samples the choice would lose {_points(last.expected_loss)} points "
                f"on average, instead of {_points(chosen.expected_loss)} now."
            )
    if result.detectable is not None:
        yield (
            f"A true lead over the next method of less than about {_points(result.detectable)} points is "
            f"seen with {result.samples} samples in fewer than four of five cases."
        )
    if not result.flips:
        yield "No other margin, limit or rate of change that was looked at leads to another method."


def _render(template: str, result: Recommendation, **more: Any) -> str:
    page = Environment(
        loader=PackageLoader("advisor"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    page.filters |= {"points": _points, "share": _share, "money": _money, "plain": _plain}
    return page.get_template(template).render(
        r=result,
        counted=counted,
        metric=METRIC_WORDS[result.metric],
        changes=list(what_would_change_it(result)),
        disagreements=disagreements(result),
        prices=_prices(result),
        not_run={n: why for n, why in result.not_run.items() if n not in {row.method for row in result.rows}},
        **more,
    )


def _prices(result: Recommendation) -> str:
    told = "Where the use case names its own prices, those count. " if result.own_prices else ""
    return (
        "Costs are measured seconds times the price of the machine, or tokens times list prices noted on "
        f"{result.prices_as_of}. {told}Prices change: name yours under economics."
    )


def _points(value: float) -> str:
    """Without a minus before zero."""
    return f"{100 * value + 0.0:.1f}".replace("-0.0", "0.0")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f} %"


def _money(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:.3g}" if value == 0 or value >= LEAST_MONEY else f"under {LEAST_MONEY:g}"


def _plain(text: str) -> str:
    """A text as one line of Markdown that marks nothing up."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
