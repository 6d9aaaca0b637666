"""The report's pictures as SVG, drawn here so that the page needs no script and no network."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log10

from markupsafe import Markup, escape

from advisor.recommendation import Recommendation, Row

FILL = {"margin": "#d7efe3", "chosen": "#0a7d4f", "other": "#5b6b7c", "excluded": "none"}
"""Where the page's own colours are not read."""
WIDTH, LEFT, RIGHT, LINE = 480, 56, 20, 26
CHARACTER = 8
"""Width of one, more or less."""
LONGEST = 28
"""Characters of a name that are shown."""
BESIDE = (4, -10, 18)
"""Where a name may stand beside its dot, the best place first."""
LETTER = 12
"""Height of one: lines nearer than this cover each other."""


def forest(result: Recommendation) -> Markup:
    """Each method's loss against the leader with its interval, in points."""
    rows = result.rows
    lowest = min([-r.deficit_interval[1] for r in rows] + [-result.margin])
    highest = max([-r.deficit_interval[0] for r in rows] + [0.02])
    names = [_short(row.method) for row in rows]
    left = CHARACTER * max(map(len, names)) + 20
    x = _Scale(lowest, highest, left)
    height = LINE * len(rows) + 40
    parts = [
        _box(x(-result.margin), 8, x(0) - x(-result.margin), height - 40, "margin"),
        _line(x(0), 8, x(0), height - 32, "axis"),
    ]
    for i, row in enumerate(rows):
        y = 22 + i * LINE
        low, high = -row.deficit_interval[1], -row.deficit_interval[0]
        parts += [
            _text(left - 10, y + 4, names[i], "end", "chosen" if row.method == result.recommended else ""),
            _line(x(low), y, x(high), y, "whisker"),
            _dot(x(-row.deficit), y, _style(row, result), row.method),
        ]
    for tick in _ticks(lowest, highest):
        parts.append(_text(x(tick), height - 12, f"{100 * tick:+.0f}" if tick else "0", "middle"))
    return _svg(
        height, parts, "Points gained or lost against the leader, with 90 % intervals: a table follows"
    )


def quality_and_cost(result: Recommendation) -> Markup:
    """Score against cost per 1,000 requests (logarithmic)."""
    rows = [r for r in result.rows if r.cost_per_1000]
    if not rows:
        return Markup("")
    costs = [log10(r.cost_per_1000 or 1) for r in rows]
    x = _Scale(min(costs) - 0.1, max(costs) + 0.1)
    height = 240
    top = max(r.interval[1] for r in rows)
    bottom = min(r.interval[0] for r in rows)
    span = max(top - bottom, 0.02)

    def y(score: float) -> float:
        return 20 + (top - score) / span * (height - 70)

    parts = [_line(LEFT, height - 36, WIDTH - RIGHT, height - 36, "axis")]
    for row, at in zip(rows, costs, strict=True):
        parts += [
            _line(x(at), y(row.interval[0]), x(at), y(row.interval[1]), "whisker"),
            _dot(x(at), y(row.score), _style(row, result), row.method),
        ]
    dots = [(x(at), y(row.score), row.method) for row, at in zip(rows, costs, strict=True)]
    parts += _named(sorted(dots, key=lambda dot: dot[2] != result.recommended))
    parts += [_text(LEFT - 10, y(s) + 4, f"{s:.0%}", "end") for s in (top, (top + bottom) / 2, bottom)]
    parts += [_text(x(c), height - 20, f"{10**c:.2g}", "middle") for c in sorted({min(costs), max(costs)})]
    parts.append(_text((LEFT + WIDTH) / 2, height - 4, f"{result.currency} per 1,000 requests", "middle"))
    return _svg(height, parts, "Quality against cost: a table follows")


def learning_curves(result: Recommendation) -> Markup:
    """Score by samples learned from (logarithmic); dots are measured, bands are forecast."""
    if not result.curves:
        return Markup("")
    every = [p for curve in result.curves for p in (*curve.measured, *curve.forecast)]
    sizes = [log10(p.samples) for p in every]
    x, height = _Scale(min(sizes), max(sizes)), 240
    bottom, top = min(p.interval[0] for p in every), max(p.interval[1] for p in every)

    def y(score: float) -> float:
        return 20 + (top - score) / max(top - bottom, 0.02) * (height - 70)

    parts = [_line(LEFT, height - 36, WIDTH - RIGHT, height - 36, "axis")]
    ends = []
    for curve in result.curves:
        chosen = "chosen" if curve.method == result.recommended else "other"
        ahead = (curve.measured[-1], *curve.forecast)
        edge = [(x(log10(p.samples)), y(p.interval[1])) for p in ahead]
        edge += [(x(log10(p.samples)), y(p.interval[0])) for p in reversed(ahead)]
        parts.append(_band(edge))
        path = [(x(log10(p.samples)), y(p.score)) for p in (*curve.measured, *curve.forecast)]
        parts += [_line(*one, *other, "whisker") for one, other in pairwise(path)]
        parts += [_dot(*place, chosen, curve.method) for place in path[: len(curve.measured)]]
        ends.append((*path[len(curve.measured) - 1], curve.method))
    parts += _named(ends)
    parts += [_text(LEFT - 10, y(s) + 4, f"{s:.0%}", "end") for s in (top, (top + bottom) / 2, bottom)]
    ticks = sorted({p.samples for p in every})
    parts += [_text(x(log10(n)), height - 20, f"{n:,}", "middle") for n in ticks]
    parts.append(_text((LEFT + WIDTH) / 2, height - 4, "labelled samples learned from", "middle"))
    return _svg(height, parts, "Learning curves with forecasts: a table follows")


class _Scale:
    """A value's horizontal place."""

    def __init__(self, low: float, high: float, left: float = LEFT) -> None:
        self._low, self._span, self._left = low, max(high - low, 1e-9), left

    def __call__(self, value: float) -> float:
        return self._left + (value - self._low) / self._span * (WIDTH - self._left - RIGHT)


def _ticks(low: float, high: float) -> list[float]:
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if (high - low) / s <= 8)
    return [k * step for k in range(int(low / step) - 1, int(high / step) + 2) if low <= k * step <= high]


def _style(row: Row, result: Recommendation) -> str:
    if row.method == result.recommended:
        return "chosen"
    return "excluded" if row.excluded else "other"


def _svg(height: float, parts: Sequence[str], title: str) -> Markup:
    body = "".join(parts)
    label = escape(title)
    return Markup(  # noqa: S704 - every text inside is escaped by _text
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">'
        f"<title>{label}</title>{body}</svg>"
    )


def _named(dots: Sequence[tuple[float, float, str]]) -> list[str]:
    """The names of dots, beside each where they cover no dot and no other name; none where all is covered."""
    taken = [(x - 8, x + 8, y) for x, y, _ in dots]
    found = []
    for x, y, name in dots:
        words = _short(name)
        wide = CHARACTER * len(words)
        places = [(x + side, y + down) for down in BESIDE for side in (10, -10 - wide)]
        inside = [(at, line) for at, line in places if at >= 0 and at + wide <= WIDTH and line >= LETTER]
        free = [place for place in inside if not any(_meet(place, wide, other) for other in taken)]
        for at, line in free[:1]:
            taken.append((at, at + wide, line - 4))
            found.append(_text(at, line, words, "start"))
    return found


def _meet(place: tuple[float, float], wide: float, other: tuple[float, float, float]) -> bool:
    (at, line), (left, right, middle) = place, other
    return at < right and at + wide > left and abs(line - 4 - middle) < LETTER


def _short(name: str) -> str:
    """Without what all remote models have in common."""
    name = name.replace("openai:", "")
    return name if len(name) <= LONGEST else f"{name[: LONGEST // 2]}…{name[1 - LONGEST // 2 :]}"


def _text(x: float, y: float, words: str, anchor: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}" stroke="#5b6b7c"/>'


def _dot(x: float, y: float, style: str, name: str) -> str:
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="6"'
    return f'<circle {place} class="{style}" fill="{FILL[style]}"><title>{escape(name)}</title></circle>'


def _band(edge: Sequence[tuple[float, float]]) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in edge)
    return f'<polygon points="{points}" class="margin" fill="{FILL["margin"]}" fill-opacity="0.5"/>'


def _box(x: float, y: float, width: float, height: float, style: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} class="{style}" fill="{FILL[style]}"/>'
