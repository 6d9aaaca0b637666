"""How far learning curves are off where they are continued: the feature head on public tasks.

    python -m benchmarks.forecasts --tasks ../shared/tasks [--only TASK ...] [--draws 4] [--test 300]

Customers of 50 and 100 samples are measured as the adviser does. The truth is what heads score that learned
from so many other samples, on test lines that none has seen. Prints a Markdown table: the forecast's bias and
root mean square error in points, the share of 90 % bands that hold the truth, and the Brier score of "it will
score 5, 10, 15, ... points more"; of the whole forecast and of its two curves alone.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np

from advisor.folds import split, thinned
from advisor.growing import PARTS, part_of
from advisor.learning_curves import TIMES, Growth, growths
from advisor.resampling import Evidence, draw
from advisor.scoring import Floats, metric_named
from advisor.statistics import interval
from advisor.task import Task
from advisor.use_case import Sample
from advisor.use_case_files import read_rows
from benchmarks.adaptation import TASKS
from finetune.heads import Head
from retrieval.embedder import Vectors
from retrieval.sentence_embedder import SentenceEmbedder

FIELDS = ("input", "output")
SIZES = (50, 100)
LEADS = np.arange(0.05, 0.35, 0.05)
EVERY, ODDS, POWER = "both", "log odds alone", "power law alone"
PLACES = {EVERY: slice(None), ODDS: slice(0, None, 2), POWER: slice(1, None, 2)}
Forecast = tuple[float, float, float, float]
"""Error, whether the band holds the truth, Brier score, times."""


def forecasts(
    samples: Sequence[Sample], vectors: Vectors, n: int, seed: int, test: int
) -> Iterator[tuple[str, Forecast]]:
    """Of one customer of n samples, which come first; the last ones are the test lines."""
    place = {sample.input: i for i, sample in enumerate(samples)}
    metric, mine = metric_named("accuracy"), samples[:n]
    task = Task("labels", "", (), metric)

    def right(learned: Sequence[Sample], asked: Sequence[Sample]) -> Floats:
        known, new = (vectors[[place[s.input] for s in part]] for part in (learned, asked))
        said = Head.fit(known, [s.output for s in learned], seed).predict(new)
        return metric.columns(said, [s.output for s in asked])

    folds = split(mine, range(n), range(n), task, seed)
    columns = {name: np.zeros((n, 2)) for name in ("head", *(part_of("head", part) for part in PARTS))}
    for number, fold in enumerate(folds):
        for part in (1, *PARTS):
            learned = thinned(fold, part, mine, task, seed + number).train
            name = part_of("head", part) if part > 1 else "head"
            columns[name][list(fold.test)] = right([mine[i] for i in learned], [mine[i] for i in fold.test])
    learned_from = float(np.mean([len(fold.train) for fold in folds]))
    drawn = draw(Evidence(metric, columns, range(n)), seed)
    growth = growths({"head": PARTS}, learned_from, drawn)["head"]
    for times in TIMES:
        others = samples[n : n + round(times * n)]
        truth = float(right(others, samples[-test:])[:, 0].mean())
        for name, places in PLACES.items():
            yield name, _judged(growth, places, times * n, truth, times)


def _judged(growth: Growth, places: slice, samples: float, truth: float, times: float) -> Forecast:
    gained, now = growth.gain(samples)[places], growth.scores[-1][places]
    low, high = interval(now + gained)
    wanted = float(growth.observed[-1]) + LEADS
    chances = (now + gained > wanted[:, None]).mean(axis=1)
    brier = float(((chances - (truth > wanted)) ** 2).mean())
    return float(growth.observed[-1] + gained.mean() - truth), float(low <= truth <= high), brier, times


def read(folder: Path, most: int, seed: int) -> list[Sample]:
    """So many lines of a task, in random order."""
    rows = read_rows(folder / "samples.jsonl", FIELDS) + read_rows(folder / "test.jsonl", FIELDS)
    return [Sample.model_construct(**row) for row in Random(seed).sample(rows, most)]


def line(task: str, name: str, found: Sequence[Forecast]) -> str:
    """One line of the table."""
    cells = []
    for times in (2.0, 5.0):
        errors = 100 * np.array([one[0] for one in found if one[3] == times])
        cells += [f"{errors.mean():.1f}", f"{(errors**2).mean() ** 0.5:.1f}"]
    hold, brier = (np.mean([one[place] for one in found]) for place in (1, 2))
    return f"| {task} | {name} | {' | '.join(cells)} | {100 * hold:.0f} % | {brier:.3f} |"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=Path, default=Path("../shared/tasks"))
    parser.add_argument("--only", nargs="+", default=TASKS)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--test", type=int, default=300, help="test lines that are answered")
    options = parser.parse_args()
    embedder, every = SentenceEmbedder(), defaultdict[str, list[Forecast]](list)
    most = round(max(SIZES) * (1 + max(TIMES))) + options.test
    print("| task | forecast | bias at 2 n | error at 2 n | bias at 5 n | error at 5 n | held | Brier |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in options.only:
        found = defaultdict[str, list[Forecast]](list)
        pool = read(options.tasks / name, most, 0)
        vectors = embedder.embed([sample.input for sample in pool])
        for seed in range(options.draws):
            order = Random(seed).sample(range(most - options.test), most - options.test)
            order += range(most - options.test, most)
            for n in SIZES:
                for way, judged in forecasts([pool[i] for i in order], vectors[order], n, seed, options.test):
                    found[way].append(judged)
        for way, those in found.items():
            every[way] += those
            print(line(name, way, those), flush=True)
    for way, those in every.items():
        print(line("all", way, those))


if __name__ == "__main__":
    main()
