"""The results page, with its pictures beside it; made from outcomes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from advisor.files import write_atomically
from advisor.scoring import Floats
from advisor.statistics import Interval
from benchmarks.advisorbench.drawing import OURS, regret_by_size, reliability
from benchmarks.advisorbench.families import LeftOut, families_table
from benchmarks.advisorbench.figures import BINS, Outcome, Summary, coverage, figures, mean, over_tasks

ROWS: tuple[tuple[str, str, float, str], ...] = (
    ("within the margin", "within_margin_rate", 100, " %"),
    ("mean regret, points", "mean_regret", 1, ""),
    ("90th percentile of regret, points", "p90_regret", 1, ""),
    ("gap closed", "gap_closed", 100, " %"),
    ("false claims among claims", "false_claim_rate", 100, " %"),
    ("calibration error", "calibration_error", 100, " points"),
    ("cost against exhaustive", "cost_vs_exhaustive", 100, " %"),
    ("median wall seconds", "wall_seconds_median", 1, ""),
    ("standard error of a customer's regret, points", "truth_error", 1, ""),
)
BySize = Mapping[int, Sequence[Outcome]]


def write_page(path: Path, by_size: BySize, left_out: Sequence[LeftOut]) -> None:
    """Write the page and its pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    every = [o for found in by_size.values() for o in found]
    lines = _regret_lines({size: figures(found) for size, found in by_size.items() if found})
    write_atomically(path.with_name("regret.svg"), regret_by_size(lines).encode())
    write_atomically(path.with_name("calibration.svg"), reliability(list(_bins(every))).encode())
    write_atomically(path, page(by_size, left_out).encode())


def page(by_size: BySize, left_out: Sequence[LeftOut]) -> str:
    """The page as Markdown."""
    by_size = {size: found for size, found in by_size.items() if found}
    every = [o for found in by_size.values() for o in found]
    columns = {**{f"n = {size}": found for size, found in by_size.items()}, "all": every}
    tasks, sizes = len({o.task for o in every}), ",".join(map(str, by_size))
    return (
        "\n\n".join(
            [
                "# AdvisorBench: results",
                f"Made by `python -m benchmarks.advisorbench --replay --sizes {sizes} --page "
                "docs/advisorbench/results.md` from the kept tensors; [README](README.md) defines every "
                "figure and says what is kept. In brackets the 90 % interval, "
                f"tasks resampled ({tasks} of them).",
                _figures_table(columns),
                "## Against the baselines",
                "Mean regret in points. `single_split_argmax` takes the highest score on a fifth of the "
                "samples, `cv_argmax` the highest cross-validated one.",
                _baselines_table(columns),
                "![mean regret by number of samples](regret.svg)",
                "## What was said",
                _verdicts_table(every),
                "## Calibration",
                "Each circle is a tenth of the probabilities told, as large as its share of the customers.",
                "![calibration](calibration.svg)",
                "## By task",
                _tasks_table(every),
                f"## Every method with {max(by_size)} samples",
                "Cross-validated score on the samples / score on the test lines of the same method, prepared "
                "on all samples; in points, means over the draws. Bold is what was served.",
                _methods_table(by_size[max(by_size)]),
                "## Leaving one family out",
                families_table(left_out) if left_out else "There is only one family.",
            ]
        )
        + "\n"
    )


def _figures_table(columns: Mapping[str, Sequence[Outcome]]) -> str:
    counts = ["customers", *(str(len(found)) for found in columns.values())]
    rows = [counts]
    told = [(figures(found), over_tasks(found)) for found in columns.values()]
    for title, name, times, unit in ROWS:
        rows.append([title, *(_cell(value[name], ends[name], times, unit) for value, ends in told)])
    plain = [100 * mean(np.array([o.plain_regret for o in f]), _weights(f)) for f in columns.values()]
    covered = [coverage(found) for found in columns.values()]
    rows.append(["mean regret, winner's curse left in", *(f"{regret:.2f}" for regret in plain)])
    rows.append(
        ["winner's 90 % interval covers", *("-" if c is None else f"{100 * c:.0f} %" for c in covered)]
    )
    return _table(["", *columns], rows)


def _cell(value: float | None, ends: Interval | None, times: float, unit: str) -> str:
    if value is None or ends is None:
        return "-"
    digits = 2 if times == 1 and value < 100 else 0
    low, high = (f"{times * end:.{digits}f}" for end in ends)
    return f"{times * value:.{digits}f}{unit} ({low} to {high})"


def _baselines_table(columns: Mapping[str, Sequence[Outcome]]) -> str:
    told = {title: figures(found) for title, found in columns.items()}
    rows = [["**the adviser**", *(f"**{t['mean_regret']:.2f}**" for t in told.values())]]
    names = next(iter(told.values()))["baselines"]
    rows += [[n, *(f"{t['baselines'][n]['mean_regret']:.2f}" for t in told.values())] for n in names]
    return _table(["", *columns], rows)


def _verdicts_table(every: Sequence[Outcome]) -> str:
    rows = []
    for verdict, count in Counter(o.verdict for o in every).most_common():
        mine = [o for o in every if o.verdict == verdict]
        within = mean(np.array([o.within for o in mine], float), _weights(mine))
        regret = 100 * mean(np.array([o.regret for o in mine]), _weights(mine))
        score = 100 * mean(np.array([o.score for o in mine]), _weights(mine))
        told = verdict.replace("_", " ")
        rows.append([told, str(count), f"{score:.1f}", f"{100 * within:.0f} %", f"{regret:.2f}"])
    return _table(["verdict", "times", "true score of what is served", "within the margin", "regret"], rows)


def _tasks_table(every: Sequence[Outcome]) -> str:
    rows = []
    for task in sorted({o.task for o in every}):
        mine = [o for o in every if o.task == task]
        served = ", ".join(f"{name} {times}" for name, times in Counter(o.served for o in mine).most_common())
        false = sum(o.claims and not o.within for o in mine)
        told = ([o.regret for o in mine], [o.regret_error for o in mine], [o.score_error for o in mine])
        points = [f"{100 * mean(np.array(values), _weights(mine)):.2f}" for values in told]
        rows.append([task, served, *points, f"{false} of {sum(o.claims for o in mine)}"])
    head = ["task", "served, times", "mean regret", "its standard error", "that of the true score"]
    return _table([*head, "false claims"], rows)


def _methods_table(found: Sequence[Outcome]) -> str:
    names, rows = list(dict.fromkeys(name for o in found for name in o.scores)), []
    for task in sorted({o.task for o in found}):
        mine, served = (
            [o.scores for o in found if o.task == task],
            {o.served for o in found if o.task == task},
        )
        cells = []
        for name in names:
            told = [scores[name] for scores in mine if name in scores]
            both = " / ".join(f"{100 * score:.1f}" for score in np.mean(told, axis=0)) if told else "-"
            cells.append(f"**{both}**" if name in served else both)
        rows.append([task, *cells])
    return _table(["task", *names], rows)


def _regret_lines(told: Mapping[int, Summary]) -> dict[str, list[tuple[int, float]]]:
    ours = {OURS: [(size, t["mean_regret"]) for size, t in told.items()]}
    names = next(iter(told.values()))["baselines"]
    return ours | {n: [(size, t["baselines"][n]["mean_regret"]) for size, t in told.items()] for n in names}


def _bins(every: Sequence[Outcome]) -> Iterator[tuple[float, float, float]]:
    place = np.array([min(int(o.p_within * BINS), BINS - 1) for o in every])
    told, came, weights = (
        np.array([o.p_within for o in every]),
        np.array([o.within for o in every], float),
        _weights(every),
    )
    for tenth in np.unique(place):
        mine = place == tenth
        share = float(weights[mine].sum() / weights.sum())
        yield mean(told[mine], weights[mine]), mean(came[mine], weights[mine]), share


def _weights(found: Sequence[Outcome]) -> Floats:
    return np.array([o.weight for o in found])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
