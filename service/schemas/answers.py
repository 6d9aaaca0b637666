"""Answers from vector stores: the question as it is posted, the answer as it is told."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from retrieval.answers.records import Answered, Choice, Citation, ReaderName, Reason, Source
from service.engine.port import USUAL, Ask
from service.schemas.vector_store_search import Filters, RankingOptions
from service.storage.clock import now

QuestionText = Annotated[str, StringConstraints(min_length=1, max_length=4096, strip_whitespace=True)]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class AnswerCreate(BaseModel):
    """The body of POST /v1/vector_stores/{id}/answers."""

    model_config = ConfigDict(extra="forbid")

    question: QuestionText
    reader: Choice = "auto"
    """extractive: exact words of a file; generative: a language model writes; auto: the model only where
    the extractive reader is not sure, and only if a model is named."""
    model: ModelName | None = None
    """The language model that may write."""
    filters: Filters | None = None
    max_num_results: int = Field(5, ge=1, le=50)
    """Passages that are read."""
    ranking_options: RankingOptions | None = None
    confidence_threshold: float | None = Field(None, ge=0, le=1)
    """The least confidence of an answer; the calibrated one where it is left out."""
    instructions: str = Field("", max_length=20_000)
    """For the language model."""
    max_output_tokens: int | None = Field(None, ge=1, le=1_000_000)
    temperature: float = Field(0.0, ge=0, le=2)
    stream: bool = False

    def ask(self, vector_store: str) -> Ask:
        """The same in the engine's words."""
        options = self.ranking_options or RankingOptions()
        return Ask(
            question=self.question,
            vector_stores=[vector_store],
            model=self.model,
            reader=self.reader,
            passages=self.max_num_results,
            filters=self.filters,
            mode=options.mode,
            score_threshold=options.score_threshold,
            rerank=options.rerank,
            threshold=self.confidence_threshold,
            max_tokens=self.max_output_tokens or USUAL,
            temperature=self.temperature,
            instruction=self.instructions,
        )


class Supported(BaseModel):
    """A part of the answer's text."""

    start: int
    end: int


class CitationObject(BaseModel):
    """A span of a file's text; from `start` to `end` the text is `quote`, to the character."""

    file_id: str
    filename: str
    start: int
    end: int
    page: int | None
    quote: str
    score: float
    """Share of the supported part of the answer that stands in the quote."""
    supports: Supported


class SourceObject(BaseModel):
    """A passage that was found."""

    file_id: str
    filename: str
    attributes: dict[str, bool | int | float | str]
    score: float
    start: int
    end: int
    page: int | None
    text: str


class AnswerUsage(BaseModel):
    """Tokens of the language model."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class AnswerObject(BaseModel):
    """An answer, or the abstention from one."""

    id: str
    object: Literal["vector_store.answer"] = "vector_store.answer"
    created_at: int
    vector_store_id: str
    question: str
    status: Literal["answered", "insufficient_evidence"]
    text: str | None
    """Null where the evidence does not suffice."""
    citations: list[CitationObject]
    confidence: float
    """Calibrated probability that the answer is right."""
    threshold: float
    reader: ReaderName | None
    model: str | None
    """The language model, if it wrote."""
    reason: Reason | None
    """Why there is no answer: nothing_found, declined (the reader saw none), weak_evidence."""
    seconds: dict[str, float]
    """Wall time of each stage."""
    usage: AnswerUsage


def show_citation(citation: Citation) -> CitationObject:
    """A citation as the API tells it."""
    start, end = citation.supports
    return CitationObject(
        file_id=citation.file_id,
        filename=citation.filename,
        start=citation.start,
        end=citation.end,
        page=citation.page,
        quote=citation.quote,
        score=citation.score,
        supports=Supported(start=start, end=end),
    )


def show_source(source: Source) -> SourceObject:
    """A passage as the API tells it."""
    return SourceObject(
        file_id=source.file_id,
        filename=source.filename,
        attributes=dict(source.attributes),
        score=source.score,
        start=source.start,
        end=source.end,
        page=source.page,
        text=source.text,
    )


def show_answer(ask: Ask, answered: Answered) -> AnswerObject:
    """An answer as the API tells it."""
    spent = answered.prompt_tokens, answered.completion_tokens
    return AnswerObject(
        id=f"ans_{uuid4().hex}",
        created_at=now(),
        vector_store_id=ask.vector_stores[0],
        question=ask.question,
        status="insufficient_evidence" if answered.abstained else "answered",
        text=None if answered.abstained else answered.text,
        citations=[show_citation(one) for one in answered.citations],
        confidence=answered.confidence,
        threshold=answered.threshold,
        reader=answered.reader,
        model=ask.model if answered.reader == "generative" else None,
        reason=answered.reason,
        seconds=dict(answered.seconds),
        usage=AnswerUsage(input_tokens=spent[0], output_tokens=spent[1], total_tokens=sum(spent)),
    )
