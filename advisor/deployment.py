"""The chosen method, prepared on all samples and kept in a folder that can be served."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

from advisor.answering import Answerer
from advisor.errors import UseCaseError
from advisor.estimate import situation_of
from advisor.files import write_atomically
from advisor.measure import open_corpus
from advisor.methods import METHODS, Training
from advisor.plan import Plan
from advisor.task import solved
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from retrieval.corpus import Corpus

PLAN = "plan.json"
CORPUS = "corpus"
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
    chosen = {m.name: m for m in METHODS}.get(method)
    if chosen is None:
        raise UseCaseError("method", f"{method!r} is none of {', '.join(m.name for m in METHODS)}")
    situation = situation_of(use_case)
    if reason := chosen.why_not(situation):
        raise UseCaseError("method", f"{method} does not apply: {reason}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        corpus = open_corpus(
            use_case.corpus if chosen.family in RETRIEVING else None, workbench, draft / CORPUS
        )
        examples = solved(use_case.samples, situation.task)
        training = Training(situation, examples, corpus, workbench, draft, use_case.seed)
        plan = chosen.prepare(training)
        write_atomically(draft / PLAN, plan.model_dump_json(indent=1).encode())
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return plan


def open_deployment(folder: Path, workbench: Workbench) -> Answerer:
    """The deployment, ready to answer.

    Raises:
        FileNotFoundError: the folder holds no finished deployment.

    """
    plan = Plan.model_validate_json((folder / PLAN).read_text("utf-8"))
    corpus = Corpus.load(folder / CORPUS, workbench.embedder) if plan.passages else None
    return Answerer(plan, folder, workbench, corpus)
