"""The client of an OpenAI-compatible server, and that server's failures in our words."""

from __future__ import annotations

from collections.abc import Mapping

import openai

from generation.endpoint import RemoteEndpoint
from generation.errors import ContextTooLongError, GenerationError, ModelUnavailableError


def connect(endpoint: RemoteEndpoint) -> openai.OpenAI:
    """A client for it; nothing is sent yet."""
    return openai.OpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.api_key or "none",
        timeout=endpoint.timeout,
        max_retries=endpoint.retries,
    )


def in_our_words(
    error: openai.OpenAIError, endpoint: RemoteEndpoint, name: str, model: str
) -> GenerationError:
    """Our error for the library's, in the server's words where it has any.

    Args:
        error: what the library raised.
        endpoint: the server.
        name: what the catalog calls the model.
        model: what the server calls it.
    """
    at, code = endpoint.base_url, getattr(error, "code", None)
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return ModelUnavailableError(f"{at} refuses the API key; check the key in the settings.")
    if isinstance(error, openai.NotFoundError):
        return ModelUnavailableError(f"{at} knows no model {model!r}; check its name and the address.")
    if isinstance(error, openai.RateLimitError):
        return ModelUnavailableError(f"{at} allows no more requests now; wait, or raise the quota.")
    if isinstance(error, openai.APITimeoutError):
        return ModelUnavailableError(f"{at} did not answer within {endpoint.timeout:g} seconds.")
    if isinstance(error, openai.APIConnectionError):
        return ModelUnavailableError(f"{at} cannot be reached; is the server running?")
    if code == "context_length_exceeded":
        return ContextTooLongError(f"The prompt is too long for {name!r}: {words(error, endpoint)}")
    return ModelUnavailableError(f"{at} failed on {model!r}: {words(error, endpoint)}")


def words(error: Exception, endpoint: RemoteEndpoint) -> str:
    """What went wrong; the key is cut out, should a server repeat it."""
    said, key = f"{error}{_detail(error)}", endpoint.api_key
    return said.replace(key, "***") if key else said


def _detail(error: Exception) -> str:
    """The reason as FastAPI's servers give it, which the library leaves out."""
    body = getattr(error, "body", None)
    return f" - {body['detail']}" if isinstance(body, Mapping) and body.get("detail") else ""
