"""Searches of vector stores in OpenAI's shapes, with the place of each passage beside its text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from retrieval.library.passages import Passage
from retrieval.store.errors import InvalidFilterError
from retrieval.store.filters import parse_filter
from retrieval.store.searching import Mode
from service.engine.port import Question
from service.schemas.vector_store_files import TextContent

CROSS_ENCODER = "cross-encoder"
"""hybrid, then the best windows read again by the model of `reranker_folder`."""
MODES: dict[str, Mode] = {
    "auto": "hybrid",
    "none": "hybrid",
    "default-2024-11-15": "hybrid",
    "default_2024_08_21": "hybrid",
    "hybrid": "hybrid",
    "rrf": "rrf",
    "dense": "dense",
    "lexical": "lexical",
    CROSS_ENCODER: "hybrid",
}
"""What each name of a ranker stands for; OpenAI's stand for the default."""
QueryText = Annotated[str, StringConstraints(min_length=1, max_length=4096)]


def _known_ranker(name: str) -> str:
    if name not in MODES:
        raise ValueError(f"there is no ranker {name!r}; choose one of {', '.join(MODES)}")
    return name


def _known_filter(given: dict[str, Any]) -> dict[str, Any]:
    try:
        parse_filter(given)
    except InvalidFilterError as error:
        raise ValueError(str(error)) from error
    return given


Filters = Annotated[
    dict[str, Any],
    AfterValidator(_known_filter),
    WithJsonSchema(
        {"type": "object", "description": "A comparison or an and/or tree, as OpenAI's API has it."}
    ),
]


class RankingOptions(BaseModel):
    """How passages are ranked."""

    model_config = ConfigDict(extra="forbid")

    ranker: Annotated[str, AfterValidator(_known_ranker)] = "auto"
    score_threshold: float | None = Field(None, ge=0)
    """Passages with a lower score are left out; scores go up to 1."""

    @property
    def mode(self) -> Mode:
        """How the store searches."""
        return MODES[self.ranker]

    @property
    def rerank(self) -> bool:
        """Whether the best windows are read again."""
        return self.ranker == CROSS_ENCODER


class VectorStoreSearch(BaseModel):
    """The body of a search."""

    model_config = ConfigDict(extra="forbid")

    query: QueryText | Annotated[list[QueryText], Field(min_length=1, max_length=16)]
    """Several are ways to ask one thing: a passage has the best of its scores."""
    filters: Filters | None = None
    max_num_results: int = Field(10, ge=1, le=50)
    ranking_options: RankingOptions | None = None
    rewrite_query: bool = False
    """Accepted; queries are searched as they are, which `search_query` of the answer tells."""

    def question(self) -> Question:
        """The same in the engine's words."""
        options = self.ranking_options or RankingOptions()
        return Question(
            texts=[self.query] if isinstance(self.query, str) else self.query,
            count=self.max_num_results,
            mode=options.mode,
            filters=self.filters,
            threshold=options.score_threshold,
            rerank=options.rerank,
        )


class Place(BaseModel):
    """Ours: where a passage stands in the text of its file, and what in it was found."""

    start: int
    end: int
    quote: str
    quote_start: int
    quote_end: int
    page: int | None
    similarity: float | None
    words: float | None


class SearchResult(BaseModel):
    """One passage."""

    file_id: str
    filename: str
    score: float
    attributes: dict[str, bool | int | float | str]
    content: list[TextContent]
    place: Place


class SearchPage(BaseModel):
    """What was found, best first."""

    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
    search_query: list[str]
    data: list[SearchResult]
    has_more: Literal[False] = False
    next_page: None = None


def show_passage(passage: Passage) -> SearchResult:
    """A passage as the API tells it."""
    place = Place(
        start=passage.text_start,
        end=passage.text_end,
        quote=passage.quote,
        quote_start=passage.start,
        quote_end=passage.end,
        page=passage.page,
        similarity=passage.similarity,
        words=passage.words,
    )
    return SearchResult(
        file_id=passage.file_id,
        filename=passage.filename,
        score=passage.score,
        attributes=dict(passage.attributes),
        content=[TextContent(text=passage.text)],
        place=place,
    )
