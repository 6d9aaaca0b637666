"""The form in which requests and answers travel between the web process and the engine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from generation import errors as generation_errors
from generation.errors import GenerationError
from generation.language_model import Generation, Request
from generation.messages import Message
from retrieval import errors as retrieval_errors
from retrieval.answers import errors as answer_errors
from retrieval.answers.records import Answered, Citation, Searched, Source
from retrieval.errors import RetrievalError
from retrieval.store import errors as store_errors
from service.engine.port import Ask
from service.errors import Unavailable

CALM = (GenerationError, RetrievalError)
"""What the engine raises on purpose."""
KNOWN: dict[str, type[Exception]] = {
    cls.__name__: cls
    for module in (generation_errors, retrieval_errors, answer_errors, store_errors)
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, CALM)
}


def pack_request(request: Request) -> dict[str, Any]:
    """A request as plain data."""
    return asdict(request)


def unpack_request(data: dict[str, Any]) -> Request:
    """The request that plain data stands for."""
    messages = tuple(Message(**m) for m in data["messages"])
    return Request(
        **{**data, "messages": messages, "stop": tuple(data["stop"]), "choices": tuple(data["choices"])}
    )


def unpack_generation(data: dict[str, Any]) -> Generation:
    """The generation that plain data stands for."""
    return Generation(**data)


def pack_ask(ask: Ask) -> dict[str, Any]:
    """A question as plain data."""
    return asdict(ask)


def unpack_ask(data: dict[str, Any]) -> Ask:
    """The question that plain data stands for."""
    return Ask(**{**data, "history": tuple(Message(**m) for m in data["history"])})


def pack_told(item: Searched | str | Answered) -> dict[str, Any]:
    """A part of an answer as plain data."""
    if isinstance(item, str):
        return {"text": item}
    return {"searched" if isinstance(item, Searched) else "answered": asdict(item)}


def unpack_told(data: dict[str, Any]) -> Searched | str | Answered:
    """The part of an answer that plain data stands for."""
    if "text" in data:
        return str(data["text"])
    if "searched" in data:
        return Searched(tuple(Source(**source) for source in data["searched"]["sources"]))
    told = data["answered"]
    cited = [Citation(**{**one, "supports": tuple(one["supports"])}) for one in told["citations"]]
    return Answered(**{**told, "citations": tuple(cited)})


def pack_error(error: Exception) -> dict[str, str]:
    """An error of the engine as plain data."""
    return {"error": type(error).__name__, "message": str(error)}


def unpack_error(data: dict[str, Any]) -> Exception:
    """The error that plain data stands for; what is not known means that the engine is unwell."""
    kind = KNOWN.get(data.get("error", ""))
    if kind is None:
        return Unavailable(f"The engine failed: {data.get('message', 'no message')}.")
    return kind(data["message"])
