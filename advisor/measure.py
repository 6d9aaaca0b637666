"""Run all trials of a use case and hand back their rows; what is finished is never run again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa

from advisor.audit import Finding, audit
from advisor.errors import Cancelled, DoesNotApply, UseCaseError
from advisor.estimate import applicable, situation_of
from advisor.events import Event, Listener
from advisor.files import write_atomically
from advisor.folds import measured_indices, split
from advisor.methods import Method, Situation
from advisor.remembering_embedder import RememberingEmbedder
from advisor.task import solved
from advisor.trials import Laboratory, Trial, TrialStore, plan_trials
from advisor.use_case import Sample, SourceDocument, UseCase
from advisor.workbench import Workbench
from finetune.errors import FinetuneError
from generation.catalog import is_remote
from generation.errors import GenerationError, ModelUnavailableError, UnknownModelError
from generation.fingerprint import folder_hash
from retrieval.corpus import Corpus
from retrieval.documents import Document
from retrieval.errors import RetrievalError

TRIALS = "5"
"""Counts up when what a trial records changes."""
INDEX_SECONDS = "index_seconds"
"""File beside the corpus."""
WEIGHED_ONLY = ("name", "margin", "constraints", "economics")


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that was measured; every figure of the report is a function of it."""

    situation: Situation
    samples: tuple[Sample, ...]
    """Those that were scored."""
    tensor: dict[str, pa.Table]
    """Method -> its rows in the order of the samples, for methods that answered every sample."""
    not_run: dict[str, str]
    """Method -> why it does not apply."""
    failed: dict[str, str]
    """Method -> what went wrong while it was measured."""
    audit: tuple[Finding, ...]
    """What is odd about the samples."""
    folds: int
    documents: int
    index_seconds: float
    """That indexing the corpus took; 0 where there is none."""
    complete: bool


def measure(
    use_case: UseCase,
    workbench: Workbench,
    folder: Path,
    on_event: Listener,
    cancelled: Callable[[], bool],
) -> Measurement:
    """Run every method that applies on the same folds.

    Raises:
        UseCaseError: the folder holds trials of something else, there is no such model, or no method applies.
        ModelUnavailableError: the model was lost on the way; finished trials are kept for the next call.

    """
    _check_models(use_case, workbench)
    _claim(folder, fingerprint(use_case, workbench))
    situation = situation_of(use_case)
    samples, seed = solved(use_case.samples, situation.task), use_case.seed
    measured = measured_indices(samples, use_case.preset, seed)
    on_event(Event("stage", "auditing the samples"))
    odd = audit(samples, use_case.corpus, situation.task)
    methods, not_run = applicable(situation)
    folds = split(samples, measured, situation.task, seed)
    trials = plan_trials(methods, folds)
    on_event(Event("stage", "indexing the corpus" if use_case.corpus else "measuring", total=len(trials)))
    corpus, index_seconds = _index(use_case, workbench, folder)
    memory = RememberingEmbedder(workbench.embedder)
    laboratory = Laboratory(situation, samples, corpus, workbench, seed, cancelled, memory)
    run = _Run(laboratory, TrialStore(folder / "trials"), trials, on_event)
    complete = run.all()
    scored = tuple(samples[i] for i in measured)
    return Measurement(
        situation=situation,
        samples=scored,
        tensor=run.finished_methods(),
        not_run=not_run | run.not_run,
        failed=run.failed,
        audit=odd,
        folds=len(folds),
        documents=len(use_case.corpus or ()),
        index_seconds=index_seconds,
        complete=complete,
    )


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
    corpus = open_corpus(use_case.corpus, workbench, folder / "corpus")
    if corpus is None:
        return None, 0.0
    if not noted.exists():
        write_atomically(noted, f"{time.perf_counter() - began:.6f}".encode())
    return corpus, float(noted.read_text())


class _Run:
    """The trials of one measurement, in order; a method that fails is left out with its reason."""

    def __init__(
        self, laboratory: Laboratory, store: TrialStore, trials: Sequence[Trial], on_event: Listener
    ) -> None:
        self.laboratory, self.store, self.trials, self.on_event = laboratory, store, trials, on_event
        self.failed: dict[str, str] = {}
        self.not_run: dict[str, str] = {}
        self.scores: dict[str, float] = {}
        self.tables: dict[str, list[pa.Table]] = {}

    def all(self) -> bool:
        """Run what is not yet finished; False when it was cancelled on the way."""
        try:
            for done, trial in enumerate(self.trials):
                self._tell("trial", f"{trial.method.name}, fold {trial.fold + 1}", done, trial.method)
                self._one(trial)
        except Cancelled:
            return False
        self._tell("stage", "weighing the evidence", len(self.trials))
        return True

    def finished_methods(self) -> dict[str, pa.Table]:
        """Rows in sample order of the methods whose every trial is finished."""
        wanted = {t.method.name: sum(o.method is t.method for o in self.trials) for t in self.trials}
        return {
            name: pa.concat_tables(tables).sort_by("sample")
            for name, tables in self.tables.items()
            if len(tables) == wanted[name] and name not in self.failed
        }

    def _one(self, trial: Trial) -> None:
        name = trial.method.name
        if name in self.failed or name in self.not_run:
            return
        table = self.store.load(trial)
        if table is None:
            try:
                table = self.laboratory.run(trial)
            except DoesNotApply as reason:
                self.not_run[name] = str(reason)
                return
            except ModelUnavailableError:
                # Of passing nature, and it would strike one method and spare the next.
                raise
            except (GenerationError, FinetuneError, RetrievalError) as error:
                self.failed[name] = str(error)
                return
            self.store.save(trial, table)
        self.tables.setdefault(name, []).append(table)

    def _tell(self, kind: str, message: str, done: int, method: Method | None = None) -> None:
        for finished, table in self.finished_methods().items():
            if finished not in self.scores:
                self.scores[finished] = self._score(table)
        name = method.name if method else None
        self.on_event(Event(kind, message, name, done, len(self.trials), dict(self.scores)))  # type: ignore[arg-type]

    def _score(self, table: pa.Table) -> float:
        references = [self.laboratory.samples[i].output for i in table["sample"].to_pylist()]
        return self.laboratory.situation.task.metric.score(table["output"].to_pylist(), references)


def fingerprint(use_case: UseCase, workbench: Workbench) -> str:
    """A hash of all that trials depend on: the use case, the models' contents, this version of Trivium.

    What is only weighed afterwards is not in it, so that another margin costs no new trials.
    """
    models = [name if is_remote(name) else _contents(name, workbench) for name in use_case.every_model]
    case = use_case.model_dump_json(exclude=set(WEIGHED_ONLY))
    encoder = folder_hash(workbench.encoder) if workbench.encoder else ""
    parts = [case, *models, workbench.embedder.name, encoder, version("trivium"), TRIALS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _contents(model: str, workbench: Workbench) -> str:
    try:
        return folder_hash(workbench.catalog.folder(model))
    except UnknownModelError:  # not a folder of ours: a model that another source serves
        return model


def _claim(folder: Path, mine: str) -> None:
    """Mark the folder with the fingerprint; trials of anything else must never be mixed in."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / "fingerprint"
    if mark.exists() and mark.read_text() != mine:
        raise UseCaseError("folder", f"{folder} holds trials of another use case or model; name a new folder")
    write_atomically(mark, mine.encode())


def _check_models(use_case: UseCase, workbench: Workbench) -> None:
    for name in use_case.every_model:
        try:
            workbench.catalog.open(name)
        except (UnknownModelError, ModelUnavailableError) as error:
            raise UseCaseError("models" if use_case.models else "model", str(error)) from error
