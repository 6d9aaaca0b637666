"""Fit the shipped calibrations on questions that the project makes itself from real prose.

python -m retrieval.answers.recipe.calibrate [--questions 1500] [--extractive-only] [--out FOLDER]

Half of the questions fit the calibration, the other half, about other passages, say what it is worth.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from generation.agreement import token_f1
from generation.language_model import LanguageModel
from generation.pocket.recipe.natural.lessons import Lesson, lessons
from generation.scripted_model import ScriptedModel
from retrieval.answers.calibration import SHIPPED, Calibration, Evidence, fit
from retrieval.answers.draft import Draft
from retrieval.answers.extractive import SpanReader, point
from retrieval.answers.generative import write
from retrieval.answers.records import ReaderName, Wish
from retrieval.answers.shown import Shown, as_windows
from retrieval.embedder import Embedder
from retrieval.evaluation.abstention import area_under_curve
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store

RIGHT = 0.5
"""Token F1 from which an answer counts as right."""
SEED = 46
Case = tuple[Evidence, bool]


def main() -> None:
    """Fit and write the calibrations, and print what they are worth."""
    from generation.catalog import Catalog
    from retrieval.reader import Reader
    from retrieval.sentence_embedder import SentenceEmbedder

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=1500)
    parser.add_argument("--extractive-only", action="store_true", help="leave the language model out")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    given = parser.parse_args()
    asked = list(islice(lessons(SEED, held_out=True), given.questions))
    model = None if given.extractive_only else Catalog().open("pocket")
    for reader, cases in gather(asked, SentenceEmbedder(), Reader(), model).items():
        calibration = fit(reader, cases[::2])
        calibration.write(given.out / f"{reader}.json")
        Console().print(worth(calibration, cases[1::2]), highlight=False, soft_wrap=True)


def gather(
    asked: Sequence[Lesson], embedder: Embedder, reader: SpanReader, model: LanguageModel | None
) -> dict[ReaderName, list[Case]]:
    """Ask each lesson's question of a store of all passages, and tell right answers from wrong ones.

    A calibration for what is written must not hang on one writer: every other answer is the model's,
    the others are the reader's spans, judged as if somebody had written them.
    """
    cases: dict[ReaderName, list[Case]] = {"extractive": []}
    if model:
        cases["generative"] = []
    with TemporaryDirectory() as home, Store.create(Path(home), embedder) as store:
        store.put([_file(number, lesson) for number, lesson in enumerate(asked)])
        for number, lesson in enumerate(asked):
            windows = as_windows(store, store.search(lesson.question, Wish().passages))
            drafts = [point(reader, lesson.question, windows)]
            if model:
                writer = model if number % 4 < 2 else _speaking(drafts[0].text)
                drafts.append(_last(writer, lesson.question, windows))
            for draft in drafts:
                if draft.evidence is not None:
                    cases[draft.reader].append((draft.evidence, is_right(draft.text, lesson)))
    return cases


def is_right(text: str, lesson: Lesson) -> bool:
    """Whether a text is the answer; nothing is where there is none."""
    if lesson.answer is None:
        return False
    return token_f1(text, lesson.passage[slice(*lesson.answer)]) >= RIGHT


def worth(calibration: Calibration, cases: Sequence[Case]) -> str:
    """What a calibration does with cases that it has not seen."""
    told = [(calibration.confidence(evidence), right) for evidence, right in cases]
    given = [right for confidence, right in told if confidence >= calibration.threshold]
    shares = {
        "right": sum(right for _, right in told) / len(told),
        "mean confidence": sum(confidence for confidence, _ in told) / len(told),
        "answered": len(given) / len(told),
        "wrong of those": 1 - sum(given) / len(given) if given else 0.0,
        "AURC": area_under_curve([c for c, _ in told], [float(not right) for _, right in told]),
    }
    figures = ", ".join(f"{name} {share:.3f}" for name, share in shares.items())
    return f"{calibration.reader}, {len(told)} unseen answers: {figures}"


def _file(number: int, lesson: Lesson) -> NewFile:
    text = lesson.passage
    return NewFile(f"file-{number}", f"{number}.txt", text, [NewChunk(0, len(text))])


def _last(model: LanguageModel, question: str, windows: Sequence[Shown]) -> Draft:
    *_, draft = write(model, question, windows, Wish(max_tokens=40))
    return draft


def _speaking(text: str) -> LanguageModel:
    return ScriptedModel("spans", lambda request: text, context_window=100_000)


if __name__ == "__main__":
    main()
