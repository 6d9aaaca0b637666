"""What is said to the model: the turns before, the instructions and the input."""

from __future__ import annotations

from collections.abc import Sequence

from generation.language_model import Request
from generation.messages import Message
from service.engine.port import USUAL, Ask
from service.errors import InvalidRequest
from service.schemas.responses import FileSearchTool, ResponseCreate
from service.schemas.vector_store_search import RankingOptions


def request_of(body: ResponseCreate, before: Sequence[Message]) -> Request:
    """The request to a model that answers without files.

    Raises:
        InvalidRequest: the input holds no message.
    """
    if not body.turns():
        raise InvalidRequest("input: holds no message; add one.", "input")
    rules = [Message("system", body.instructions)] if body.instructions else []
    return Request(
        messages=(*rules, *before, *body.turns()),
        max_tokens=body.max_output_tokens or USUAL,
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
    )


def ask_of(body: ResponseCreate, tool: FileSearchTool, before: Sequence[Message]) -> Ask:
    """The question to vector stores: the last user message, with the earlier turns for the model.

    Raises:
        InvalidRequest: the last turn is not a user's, or says nothing.
    """
    said = [*before, *body.turns()]
    if not said or said[-1].role != "user" or not said[-1].content.strip():
        raise InvalidRequest("input: file_search needs a user's message at the end; add one.", "input")
    rules = [body.instructions or "", *(turn.content for turn in said if turn.role == "system")]
    options = tool.ranking_options or RankingOptions()
    return Ask(
        question=said[-1].content.strip(),
        vector_stores=tool.vector_store_ids,
        model=body.model,
        reader=tool.reader or ("auto" if body.model == "pocket" else "generative"),
        passages=tool.max_num_results,
        filters=tool.filters,
        mode=options.mode,
        score_threshold=options.score_threshold,
        rerank=options.rerank,
        threshold=tool.confidence_threshold,
        max_tokens=body.max_output_tokens or USUAL,
        temperature=body.temperature or 0.0,
        top_p=1.0 if body.top_p is None else body.top_p,
        instruction="\n".join(rule for rule in rules if rule),
        history=tuple(turn for turn in said[:-1] if turn.role != "system"),
    )
