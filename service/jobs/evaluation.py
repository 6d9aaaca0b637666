"""Measures a vector store on labelled questions; each finished one is a line, so a restart goes on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from retrieval.answers.answering import Answering
from retrieval.answers.records import Wish
from retrieval.evaluation.outcome import ask
from retrieval.evaluation.questions import check_files, relevant_files
from retrieval.evaluation.report import report
from retrieval.reranker import required
from retrieval.store.filters import parse_filter
from retrieval.store.store import Store
from service.evaluation_folder import add_outcome, kept_questions, resume_outcomes
from service.jobs.partial import Partial
from service.jobs.stop_signal import StopSignal
from service.schemas.vector_store_search import RankingOptions
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.job import Job
from service.wiring import build_catalog, build_embedder, build_reader, build_reranker

Spec = dict[str, Any]


def evaluate_job(settings: Settings, data: DataDir, job: Job, stop: StopSignal) -> dict[str, Any]:
    """Ask every question and report, then learn from them if that is wished; none is asked twice.

    Raises:
        InvalidQuestionsError: a label names a file that is not there.
        NoRerankerError: passages shall be read again, and nothing is there to do it.
        Partial: stopped, with the report of what was measured until then.
    """
    folder, spec = data.folder("evaluation", job.id), job.spec
    questions, outcomes = kept_questions(folder), resume_outcomes(folder)
    model = build_catalog(settings).open(spec["model"]) if spec["model"] else None
    answering, wish = Answering(build_reader(), model), wish_of(settings, spec)
    with Store.open(data.library(spec["vector_store_id"]), build_embedder(settings)) as store:
        check_files(questions, {label for file in store.files() for label in (file.id, file.name)})
        for labelled in questions[len(outcomes) :]:
            if stop():
                raise Partial(report(outcomes).as_dict())
            outcomes.append(ask(labelled, store, answering, wish))
            add_outcome(folder, outcomes[-1])
            data.jobs.append(job.id, "question", {"done": len(outcomes), "total": len(questions)})
        fitted = asdict(store.fit(relevant_files(questions, store.files()))) if spec["fit"] else None
    return report(outcomes).as_dict() | {"fitted": fitted}


def wish_of(settings: Settings, spec: Spec) -> Wish:
    """How the questions are to be answered."""
    options = RankingOptions(ranker=spec["ranker"])
    return Wish(
        reader=spec["reader"],
        passages=spec["max_num_results"],
        filters=None if spec["filters"] is None else parse_filter(spec["filters"]),
        mode=options.mode,
        score_threshold=spec["score_threshold"],
        reranker=required(build_reranker(settings)) if options.rerank else None,
        threshold=spec["confidence_threshold"],
    )
