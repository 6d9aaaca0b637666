"""The form in which requests and answers travel between the web process and the engine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from generation import errors as generation_errors
from generation.errors import GenerationError
from generation.language_model import Generation, Request
from generation.messages import Message
from retrieval import errors as retrieval_errors
from retrieval.errors import RetrievalError
from retrieval.store import errors as store_errors
from service.errors import Unavailable

CALM = (GenerationError, RetrievalError)
"""What the engine raises on purpose."""
KNOWN: dict[str, type[Exception]] = {
    cls.__name__: cls
    for module in (generation_errors, retrieval_errors, store_errors)
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


def pack_error(error: Exception) -> dict[str, str]:
    """An error of the engine as plain data."""
    return {"error": type(error).__name__, "message": str(error)}


def unpack_error(data: dict[str, Any]) -> Exception:
    """The error that plain data stands for; what is not known means that the engine is unwell."""
    kind = KNOWN.get(data.get("error", ""))
    if kind is None:
        return Unavailable(f"The engine failed: {data.get('message', 'no message')}.")
    return kind(data["message"])
