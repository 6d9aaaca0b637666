"""Evaluations of vector stores: what is posted, and how they fare."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from retrieval.answers.records import Choice
from retrieval.evaluation.questions import MOST_QUESTIONS, LabelledQuestion
from service.errors import InvalidRequest
from service.schemas.answers import ModelName
from service.schemas.lists import Identified
from service.schemas.recommendations import JobError
from service.schemas.vector_store_search import Filters, RankingOptions
from service.states import Status
from service.storage.job import Job, JobEvent


def _readable(wish: EvaluationCreate) -> EvaluationCreate:
    if (wish.questions is None) == (wish.questions_file is None):
        raise InvalidRequest("questions: send either questions or questions_file.", "questions")
    if wish.reader == "generative" and wish.model is None:
        raise InvalidRequest("model: a generative reader needs the name of a language model.", "model")
    return wish


class EvaluationCreate(BaseModel):
    """The body of POST /v1/vector_stores/{id}/evaluations."""

    model_config = ConfigDict(extra="forbid")

    questions: list[LabelledQuestion] | None = Field(None, min_length=1, max_length=MOST_QUESTIONS)
    questions_file: str | None = None
    """Id of an uploaded JSON Lines file with one labelled question a line."""
    reader: Choice = "auto"
    model: ModelName | None = None
    filters: Filters | None = None
    max_num_results: int = Field(5, ge=1, le=50)
    """Passages that are read for an answer; rankings are measured ten files deep all the same."""
    ranking_options: RankingOptions | None = None
    confidence_threshold: float | None = Field(None, ge=0, le=1)
    fit: bool = False
    """Whether the vector store shall learn from the questions how much words count in hybrid searches."""

    def spec(self, vector_store: str, questions: int) -> dict[str, Any]:
        """What the job needs to know."""
        options = self.ranking_options or RankingOptions()
        return {
            "vector_store_id": vector_store,
            "reader": self.reader,
            "model": self.model,
            "filters": self.filters,
            "max_num_results": self.max_num_results,
            "ranker": options.ranker,
            "score_threshold": options.score_threshold,
            "confidence_threshold": self.confidence_threshold,
            "fit": self.fit,
            "questions": questions,
        }


EvaluationBody = Annotated[EvaluationCreate, AfterValidator(_readable)]


class EvaluationObject(Identified):
    """One evaluation, finished or not."""

    object: Literal["vector_store.evaluation"] = "vector_store.evaluation"
    vector_store_id: str
    status: Status
    created_at: int
    started_at: int | None
    finished_at: int | None
    reader: Choice
    model: str | None
    filters: dict[str, Any] | None
    max_num_results: int
    ranker: str
    score_threshold: float | None
    confidence_threshold: float | None
    fit: bool
    questions: int
    progress: dict[str, Any] | None
    """Questions done and in all."""
    result: dict[str, Any] | None
    """retrieval, answers, citations, abstention, aurc, curve, fitted (what was learned after all that); of a
    cancelled one, of what was asked."""
    error: JobError | None


def show_evaluation(job: Job, latest: JobEvent | None) -> EvaluationObject:
    """A job as the API tells it."""
    return EvaluationObject(
        id=job.id,
        status=job.status,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        progress=latest.data if latest else None,
        result=job.result,
        error=JobError(**job.error) if job.error else None,
        **job.spec,
    )
