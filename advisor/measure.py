"""Run all trials of a use case and hand back their rows; what is finished is never run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from advisor.audit import audit
from advisor.errors import UseCaseError
from advisor.estimate import applicable, situation_of
from advisor.events import Event, Listener
from advisor.files import write_atomically
from advisor.fingerprint import claim, scope
from advisor.folds import Fold, locked_indices, measured_indices, split
from advisor.kept_answers import KeptAnswers
from advisor.measurement import Measurement
from advisor.racing import losers
from advisor.remembering_embedder import RememberingEmbedder
from advisor.resampling import draw
from advisor.retrieved import shown
from advisor.run import Run
from advisor.score_sheet import score_sheet
from advisor.spending import Purse, Spent
from advisor.task import solved
from advisor.trials import Laboratory, TrialStore
from advisor.use_case import Sample, SourceDocument, UseCase
from advisor.workbench import Workbench
from generation.errors import ModelUnavailableError, UnknownModelError
from retrieval.corpus import Corpus
from retrieval.documents import Document

Confirm = Callable[[Sequence[str]], Mapping[str, pa.Table]]
"""Methods -> what they answer to the samples that had no say in the choice."""
CORPUS, INDEX_SECONDS = "corpus", "index_seconds"
"""Folder of the index, and the file beside it."""
FINISHED, ANSWERS = "trials", "answers"
"""Folders of finished trials, and of answers that stay valid with more samples."""


def measure(
    use_case: UseCase,
    workbench: Workbench,
    folder: Path,
    on_event: Listener,
    cancelled: Callable[[], bool],
    *,
    race: bool = True,
) -> tuple[Measurement, Confirm]:
    """Run every method that applies on the same folds; in a race, until it can hardly win any more.

    And what asks the methods that are then chosen about the samples that had no part in it.

    Raises:
        UseCaseError: the folder holds trials of something else, there is no such model, or no method applies.
        ModelUnavailableError: the model was lost on the way; finished trials are kept for the next call.

    """
    _check_models(use_case, workbench)
    claim(folder, use_case, workbench)
    situation = situation_of(use_case)
    samples, seed = solved(use_case.samples, situation.task), use_case.seed
    locked = locked_indices(samples)
    open_ones = tuple(sorted({*range(len(samples))} - {*locked}))
    measured = measured_indices(open_ones, use_case.preset, seed)
    on_event(Event("stage", "auditing the samples"))
    odd = audit(samples, use_case.corpus, situation.task)
    methods, not_run = applicable(situation)
    folds = split(samples, open_ones, measured, situation.task, seed)
    on_event(
        Event(
            "stage",
            "indexing the corpus" if use_case.corpus else "measuring",
            total=len(methods) * len(folds),
        )
    )
    corpus, index_seconds = _index(use_case, workbench, folder)
    memory = RememberingEmbedder(workbench.embedder)
    kept = KeptAnswers(folder / ANSWERS, scope(use_case, workbench))
    laboratory = Laboratory(situation, samples, corpus, workbench, seed, cancelled, memory, kept)
    purse = Purse(use_case, Spent(index_seconds))
    run = Run(laboratory, TrialStore(folder / FINISHED), methods, folds, purse, on_event)
    found = Measurement(
        situation=situation,
        samples=(),
        tensor={},
        not_run=not_run,
        failed=run.failed,
        audit=odd,
        folds=len(folds),
        documents=len(use_case.corpus or ()),
        index_seconds=index_seconds,
        locked=len(locked),
        learned_from=float(np.mean([len(fold.train) for fold in folds])),
    )
    races = race and use_case.preset != "thorough"
    run.all(partial(_losers, use_case, samples, found) if races else _nobody)
    found = replace(
        found,
        not_run=not_run | run.not_run,
        dropped=run.dropped,
        partly=run.partly(),
        raced=races,
        stopped=run.stopped,
        curves=run.curves,
    )

    def confirm(names: Sequence[str]) -> dict[str, pa.Table]:
        return run.confirmed(names, Fold(open_ones, locked)) if locked and not run.stopped else {}

    answered = _answered(found, run.tensor(), samples)
    there = shown(situation.task, answered.samples, use_case.corpus or (), answered.tensor)
    return replace(answered, shown=there), confirm


def _losers(
    use_case: UseCase,
    samples: Sequence[Sample],
    found: Measurement,
    tensor: Mapping[str, pa.Table],
    looks: int,
) -> dict[str, str]:
    """The methods that need not be measured on."""
    sheet = score_sheet(use_case, _answered(found, tensor, samples))
    names = [name for name in sheet.costs if name in tensor]
    return losers(draw(sheet.evidence, use_case.seed).among(names, sheet.excluded), use_case.margin, looks)


def _nobody(tensor: Mapping[str, pa.Table], looks: int) -> dict[str, str]:
    """The judge of what is measured to the end in any case: the preset thorough, and benchmarks."""
    return {}


def _answered(found: Measurement, tensor: Mapping[str, pa.Table], samples: Sequence[Sample]) -> Measurement:
    rows = next(iter(tensor.values()), None)
    answered = () if rows is None else tuple(samples[i] for i in rows["sample"].to_pylist())
    return replace(found, tensor=dict(tensor), samples=answered)


def open_corpus(
    documents: Sequence[SourceDocument] | None, workbench: Workbench, folder: Path
) -> Corpus | None:
    """The indexed corpus, kept in the folder so that a restart need not index again."""
    if documents is None:
        return None
    return Corpus.build(folder, [Document(d.id, d.title, d.text) for d in documents], workbench.embedder)


def _index(use_case: UseCase, workbench: Workbench, folder: Path) -> tuple[Corpus | None, float]:
    """The corpus and the seconds that indexing it took, perhaps in an earlier call."""
    noted, began = folder / INDEX_SECONDS, time.perf_counter()
    corpus = open_corpus(use_case.corpus, workbench, folder / CORPUS)
    if corpus is None:
        return None, 0.0
    if not noted.exists():
        write_atomically(noted, f"{time.perf_counter() - began:.6f}".encode())
    return corpus, float(noted.read_text())


def _check_models(use_case: UseCase, workbench: Workbench) -> None:
    for name in use_case.every_model:
        try:
            workbench.catalog.open(name)
        except (UnknownModelError, ModelUnavailableError) as error:
            raise UseCaseError("models" if use_case.models else "model", str(error)) from error
