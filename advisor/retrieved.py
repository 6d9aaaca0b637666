"""Where a method that shows documents fails: in finding the answer, or in reading it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from advisor.recommendation import Retrieval
from advisor.score_sheet import ScoreSheet
from advisor.task import Task
from advisor.use_case import Sample, SourceDocument
from generation.words import normalise

RIGHT = 0.5
"""Score from which an answer counts as right."""


def shown(
    task: Task, samples: Sequence[Sample], documents: Sequence[SourceDocument], tensor: Mapping[str, pa.Table]
) -> dict[str, tuple[bool, ...]]:
    """Of each sample, whether a method that shows documents showed one that holds the wanted answer.

    Only of short answers, since longer ones stand nowhere word for word.
    """
    if task.kind != "short" or not documents:
        return {}
    found = {name: sources for name, rows in tensor.items() if any(sources := rows["sources"].to_pylist())}
    used = {one for sources in found.values() for ids in sources for one in ids}
    texts = {document.id: _spaced(document.text) for document in documents if document.id in used}
    wanted = [_spaced(sample.output) for sample in samples]
    return {
        name: tuple(any(said in texts[one] for one in ids) for said, ids in zip(wanted, sources, strict=True))
        for name, sources in found.items()
    }


def retrievals(sheet: ScoreSheet) -> Iterator[Retrieval]:
    """How often each method was shown the answer, and was right."""
    value = sheet.evidence.metric.value
    for name, was_shown in sheet.measured.shown.items():
        right, there = value(sheet.evidence.columns[name]) >= RIGHT, np.array(was_shown)
        yield Retrieval(
            method=name,
            shown_right=int((there & right).sum()),
            shown_wrong=int((there & ~right).sum()),
            missed_right=int((~there & right).sum()),
            missed_wrong=int((~there & ~right).sum()),
        )


def _spaced(text: str) -> str:
    """Whole words, once it is looked for in another one."""
    return f" {normalise(text)} "
