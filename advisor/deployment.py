"""The chosen method, prepared on all samples and kept in a folder that can be served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from advisor.answering import Answerer, Answering, CascadeAnswerer
from advisor.cascade import Cascade
from advisor.errors import DoesNotApply, UseCaseError
from advisor.estimate import situation_of
from advisor.files import write_atomically
from advisor.measure import open_corpus
from advisor.methods import METHODS, Method, Training, candidates
from advisor.plan import Plan
from advisor.task import solved
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from retrieval.corpus import Corpus

PLAN = "plan.json"
CORPUS = "corpus"
CASCADE_FILE = "cascade.json"
FIRST, SECOND = "first", "second"
"""Folders of a cascade: deployments themselves."""
RETRIEVING = ("retrieval", "both")
"""Families whose plans show passages, and so need the corpus beside them."""


def deploy(use_case: UseCase, method: str, workbench: Workbench, folder: Path) -> Plan:
    """Prepare the method as the trials did, now on every sample, and keep it in `folder`.

    The folder appears whole or not at all.

    Raises:
        UseCaseError: no such method, or it does not apply to the use case.

    """
    if (folder / PLAN).exists():
        return Plan.model_validate_json((folder / PLAN).read_text("utf-8"))
    every = {c.name: c for c in candidates(METHODS, use_case.every_model)}
    chosen = every.get(method)
    if chosen is None:
        raise UseCaseError("method", f"{method!r} is none of {', '.join(every)}")
    situation = situation_of(use_case)
    if reason := chosen.why_not(situation):
        raise UseCaseError("method", f"{method} does not apply: {reason}")
    with _draft(folder) as draft:
        corpus = open_corpus(
            use_case.corpus if chosen.family in RETRIEVING else None, workbench, draft / CORPUS
        )
        examples = solved(use_case.samples, situation.task)
        training = Training(situation, examples, corpus, workbench, draft, use_case.seed)
        plan = _prepared(chosen, training)
        write_atomically(draft / PLAN, plan.model_dump_json(indent=1).encode())
        if corpus:
            corpus.close()
    return plan


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder that takes its place when the block ends, and is gone where the block fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        yield draft
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _prepared(chosen: Method, training: Training) -> Plan:
    try:
        return chosen.prepare(training)
    except DoesNotApply as reason:
        raise UseCaseError("method", f"{chosen.name} does not apply: {reason}") from reason


def deploy_cascade(use_case: UseCase, cascade: Cascade, workbench: Workbench, folder: Path) -> None:
    """Prepare both methods of a cascade; the folder appears whole or not at all.

    Raises:
        UseCaseError: one of them is unknown, or does not apply to the use case.

    """
    if folder.exists():
        return
    with _draft(folder) as draft:
        deploy(use_case, cascade.first, workbench, draft / FIRST)
        deploy(use_case, cascade.second, workbench, draft / SECOND)
        write_atomically(draft / CASCADE_FILE, cascade.model_dump_json(indent=1).encode())


def open_deployment(folder: Path, workbench: Workbench) -> Answering:
    """The deployment, ready to answer.

    Raises:
        FileNotFoundError: the folder holds no finished deployment.

    """
    if (folder / CASCADE_FILE).exists():
        cascade = Cascade.model_validate_json((folder / CASCADE_FILE).read_text("utf-8"))
        first, second = (open_deployment(folder / name, workbench) for name in (FIRST, SECOND))
        return CascadeAnswerer(first, second, cascade.threshold)
    plan = Plan.model_validate_json((folder / PLAN).read_text("utf-8"))
    corpus = Corpus.open(folder / CORPUS, workbench.embedder) if plan.needs_corpus else None
    return Answerer(plan, folder, workbench, corpus)
