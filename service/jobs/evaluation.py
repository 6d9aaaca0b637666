"""Measures a vector store on labelled questions; each finished one is a line, so a restart goes on."""

from __future__ import annotations

from typing import Any

from retrieval.answers.answering import Answering
from retrieval.answers.records import Wish
from retrieval.evaluation.outcome import ask
from retrieval.evaluation.questions import check_files
from retrieval.evaluation.report import report
from retrieval.store.filters import parse_filter
from retrieval.store.store import Store
from service.evaluation_folder import add_outcome, kept_questions, resume_outcomes
from service.jobs.partial import Partial
from service.jobs.stop_signal import StopSignal
from service.schemas.vector_store_search import MODES
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.job import Job
from service.wiring import build_catalog, build_embedder, build_reader

Spec = dict[str, Any]


def evaluate_job(settings: Settings, data: DataDir, job: Job, stop: StopSignal) -> dict[str, Any]:
    """Ask every question and report; those that an earlier start finished are not asked again.

    Raises:
        InvalidQuestionsError: a label names a file that is not there.
        Partial: stopped, with the report of what was measured until then.
    """
    folder, spec = data.folder("evaluation", job.id), job.spec
    questions, outcomes = kept_questions(folder), resume_outcomes(folder)
    model = build_catalog(settings).open(spec["model"]) if spec["model"] else None
    answering = Answering(build_reader(), model)
    with Store.open(data.library(spec["vector_store_id"]), build_embedder(settings)) as store:
        check_files(questions, {label for file in store.files() for label in (file.id, file.name)})
        for labelled in questions[len(outcomes) :]:
            if stop():
                raise Partial(report(outcomes).as_dict())
            outcomes.append(ask(labelled, store, answering, wish_of(spec)))
            add_outcome(folder, outcomes[-1])
            data.jobs.append(job.id, "question", {"done": len(outcomes), "total": len(questions)})
    return report(outcomes).as_dict()


def wish_of(spec: Spec) -> Wish:
    """How the questions are to be answered."""
    return Wish(
        reader=spec["reader"],
        passages=spec["max_num_results"],
        filters=None if spec["filters"] is None else parse_filter(spec["filters"]),
        mode=MODES[spec["ranker"]],
        threshold=spec["confidence_threshold"],
    )
