"""The port through which the web process reaches models; it knows nothing of HTTP or of model libraries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from generation.language_model import Generation, Request
from generation.messages import Conversation
from retrieval.answers.records import Answered, Choice, Searched
from retrieval.library.passages import Passage
from retrieval.store.records import Value
from retrieval.store.searching import Mode

USUAL = -1
"""As `max_tokens`: as many as fit, up to the server's usual length."""
USUAL_MAX_TOKENS = 256
"""Length of an answer where the client names none."""


@dataclass(frozen=True, slots=True)
class Card:
    """A model that can be named in a request."""

    name: str
    created: int
    owned_by: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a deployment says to one input."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    sources: Sequence[str] = ()
    """Ids of the documents that were shown to the model, best first."""


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for in a vector store."""

    texts: Sequence[str]
    """One question, or several ways to ask it."""
    count: int = 10
    mode: Mode = "hybrid"
    filters: Mapping[str, Any] | None = None
    """As OpenAI's API writes them."""
    threshold: float | None = None
    """Passages with a lower score are left out."""
    rerank: bool = False
    """Whether the best windows are read again by the server's re-ranker, which then gives the scores."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to be answered from vector stores; see `retrieval.answers.records.Wish`."""

    question: str
    vector_stores: Sequence[str]
    model: str | None = None
    """The language model that may write; None where none may."""
    reader: Choice = "auto"
    passages: int = 5
    filters: Mapping[str, Any] | None = None
    """As OpenAI's API writes them."""
    mode: Mode = "hybrid"
    score_threshold: float | None = None
    rerank: bool = False
    threshold: float | None = None
    max_tokens: int = USUAL
    temperature: float = 0.0
    top_p: float = 1.0
    instruction: str = ""
    history: Conversation = ()


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors of texts, one after another."""

    vectors: bytes
    """Little-endian float32."""
    dimensions: int
    tokens: int
    """Of all texts together."""


class Engine(Protocol):
    """Everything that needs a model in memory.

    Every method raises Unavailable while the engine starts, TooBusy when too many wait, and the
    errors of `generation.errors` and `retrieval.errors`.
    """

    async def cards(self) -> list[Card]:
        """All models, deployments not among them."""
        ...

    async def check(self, model: str) -> None:
        """Raise UnknownModelError unless the model can be named in a request."""
        ...

    async def generate(self, model: str, requests: Sequence[Request]) -> list[Generation]:
        """Answer each request; `max_tokens` may be USUAL."""
        ...

    def stream(self, model: str, request: Request) -> AsyncIterator[str | Generation]:
        """Pieces of text as they come, then the finished Generation."""
        ...

    async def answer(self, deployment: str, inputs: Sequence[str]) -> list[Answer]:
        """Let a deployment answer, by its id."""
        ...

    async def embed(self, model: str, inputs: Sequence[str] | Sequence[Sequence[int]]) -> Embedded:
        """Vectors of texts, or of texts that are given as the model's own tokens.

        Raises UnknownModelError for other models, EmbeddingInputError for what it cannot read whole.
        """
        ...

    async def search(self, vector_store: str, question: Question) -> list[Passage]:
        """The best passages of a vector store, best first; none while nothing was ingested.

        Raises NoRerankerError where there is no re-ranker and one is asked for.
        """
        ...

    def ask(self, ask: Ask) -> AsyncIterator[Searched | str | Answered]:
        """What was found, pieces of the answer as they come, then the whole.

        Raises NoReaderError, NoRerankerError.
        """
        ...

    async def read(self, vector_store: str, file_id: str) -> str:
        """The text of a file of a vector store, to which all offsets refer; raises UnknownFileError."""
        ...

    async def drop(self, vector_store: str, file_id: str) -> None:
        """Let nobody find a file any more."""
        ...

    async def describe(self, vector_store: str, file_id: str, attributes: Mapping[str, Value]) -> None:
        """Give a file other attributes; raises UnknownFileError."""
        ...
