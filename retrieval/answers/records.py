"""What is asked for, and what an answer consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from generation.messages import Conversation
from retrieval.embedder import Span
from retrieval.reranker import Reranker
from retrieval.store.filters import Filter
from retrieval.store.records import Value
from retrieval.store.searching import Mode

ReaderName = Literal["extractive", "generative"]
Choice = Literal["extractive", "generative", "auto"]
Reason = Literal["nothing_found", "declined", "weak_evidence"]
"""Why there is no answer: no passage; the reader itself saw none; what supports it does not suffice."""
INSUFFICIENT = "Insufficient evidence: the documents do not hold an answer that can be relied on."


@dataclass(frozen=True, slots=True)
class Wish:
    """How a question is to be answered."""

    reader: Choice = "auto"
    """auto: the extractive reader where it is sure, else the language model."""
    passages: int = 5
    """The most passages that are read."""
    filters: Filter | None = None
    mode: Mode = "hybrid"
    score_threshold: float | None = None
    """Passages with a lower score are not read."""
    reranker: Reranker | None = None
    """Reads the best passages of the search first, and chooses among them."""
    threshold: float | None = None
    """The least confidence of an answer; None for the calibrated one."""
    max_tokens: int = 256
    """Of what a language model writes."""
    temperature: float = 0.0
    top_p: float = 1.0
    instruction: str = ""
    """Said to the language model before the rules for passages."""
    history: Conversation = ()
    """Earlier turns, for the language model."""


@dataclass(frozen=True, slots=True)
class Source:
    """A window that a search found; `text_of_file[start:end] == text`."""

    file_id: str
    filename: str
    attributes: Mapping[str, Value]
    score: float
    """Higher is better; comparable only within one search."""
    start: int
    end: int
    page: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found for a question, best first."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a file that supports a part of the answer; `text_of_file[start:end] == quote`."""

    file_id: str
    filename: str
    start: int
    end: int
    page: int | None
    """That the span begins on, from 1; None where the format has no pages."""
    quote: str
    score: float
    """How much of that part of the answer stands in the quote, 0 to 1."""
    supports: Span
    """The part of the answer: where it stands in the answer's text."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, or the abstention from one."""

    text: str
    """Empty where there is none."""
    citations: tuple[Citation, ...]
    confidence: float
    """Calibrated probability that the answer is right; of an abstention, what its withheld answer had."""
    threshold: float
    """The least confidence of an answer."""
    reader: ReaderName | None
    """Who answered, or tried last; None where there was nothing to read."""
    reason: Reason | None
    """Why there is no answer; None where there is one."""
    withheld: str
    """What would have been answered, had the evidence sufficed."""
    seconds: Mapping[str, float]
    """Wall time of each stage: search, read (by the extractive reader), write (by the language model)."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut_off: bool = False
    """Whether the language model had more to say than it was allowed to."""

    @property
    def abstained(self) -> bool:
        """Whether there is no answer."""
        return self.reason is not None
