"""The page's two pictures, as SVG files that stand alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 60, 190, 30, 50
OURS = "adviser"
STEPS = (0.2, 0.5, 1, 2, 5, 10, 20)
INK, SOFT, STRONG = "#222", "#999", "#c0392b"

Point = tuple[float, float]


def regret_by_size(lines: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Mean regret of the adviser and of each baseline against the number of samples (evenly spaced)."""
    sizes = sorted({size for points in lines.values() for size, _ in points})
    highest = max(1.0, *(regret for points in lines.values() for _, regret in points))
    lowest = min(0.0, *(regret for points in lines.values() for _, regret in points))
    plane = _Plane((0, max(len(sizes) - 1, 1)), (lowest, highest))
    step = next((s for s in STEPS if highest <= 6 * s), STEPS[-1])
    parts = [plane.level(k * step, f"{k * step:g}") for k in range(int(highest / step) + 1)]
    parts += [plane.mark(i, str(size)) for i, size in enumerate(sizes)]
    ends = {name: plane.at(sizes.index(points[-1][0]), points[-1][1]) for name, points in lines.items()}
    places = _apart({name: y for name, (_, y) in ends.items()})
    for name, points in lines.items():
        line = [plane.at(sizes.index(size), regret) for size, regret in points]
        parts += [_path(line, name == OURS), *(_dot(p, name == OURS) for p in line)]
        parts.append(_text((ends[name][0] + 12, places[name] + 4), name, "start", bold=name == OURS))
    return _svg(parts, "Mean regret in points by number of samples")


def reliability(points: Sequence[tuple[float, float, float]]) -> str:
    """(told, came, share of the customers): on the diagonal what is told is true."""
    plane = _Plane((0, 1), (0, 1))
    parts = [plane.level(k / 4, f"{25 * k} %") for k in range(5)]
    parts += [plane.mark(k / 4, f"{25 * k} %") for k in range(5)]
    parts.append(_path([plane.at(0, 0), plane.at(1, 1)], strong=False))
    for told, came, share in points:
        x, y = plane.at(told, came)
        parts.append(_dot((x, y), strong=True, radius=4 + 16 * share**0.5))
    return _svg(parts, "How often at most the margin is lost, by the probability that was told")


class _Plane:
    """Values to places."""

    def __init__(self, across: Point, up: Point) -> None:
        self._across, self._up = across, up

    def at(self, x: float, y: float) -> Point:
        (left, right), (low, high) = self._across, self._up
        return (
            LEFT + (x - left) / (right - left) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM),
        )

    def level(self, y: float, words: str) -> str:
        """A horizontal line with its value."""
        (x, place), (end, _) = self.at(self._across[0], y), self.at(self._across[1], y)
        line = f'<line x1="{x:.1f}" y1="{place:.1f}" x2="{end:.1f}" y2="{place:.1f}" stroke="#ddd"/>'
        return line + _text((x - 8, place + 4), words, "end")

    def mark(self, x: float, words: str) -> str:
        """A value under the plane."""
        return _text((self.at(x, 0)[0], HEIGHT - BOTTOM + 22), words, "middle")


def _apart(places: Mapping[str, float], least: float = 14) -> dict[str, float]:
    """Move the words down until they do not overlap."""
    moved: dict[str, float] = {}
    for name in sorted(places, key=lambda n: places[n]):
        moved[name] = max([places[name], *(y + least for y in list(moved.values())[-1:])])
    over = max(0.0, max(moved.values(), default=0.0) - (HEIGHT - BOTTOM + 10))
    return {name: y - over for name, y in moved.items()}


def _path(points: Sequence[Point], strong: bool) -> str:
    colour, width = (STRONG, 3) if strong else (SOFT, 1.2)
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _dot(point: Point, strong: bool, radius: float = 3.5) -> str:
    colour = STRONG if strong else SOFT
    x, y = point
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.8"/>'


def _text(point: Point, words: str, anchor: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    x, y = point
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'


def _svg(parts: Sequence[str], title: str) -> str:
    told = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{INK}"><title>{told}</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<text x="{LEFT}" y="18" font-weight="bold">{told}</text>{"".join(parts)}</svg>\n'
    )
