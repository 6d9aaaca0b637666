"""A model behind any OpenAI-compatible server. It sends the conversation and its limits, nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
from openai.types import CompletionUsage

from generation.answer import cut, settled
from generation.endpoint import RemoteEndpoint
from generation.errors import GenerationError, ModelUnavailableError
from generation.language_model import Generation, Request
from generation.messages import Conversation
from generation.remote_client import connect, in_our_words

BYTES_PER_TOKEN = 4
"""English text in the usual vocabularies; only an estimate."""
TOKENS_PER_MESSAGE = 4


class OpenAIModel:
    """A remote model; usage and retries come from the server and the client library.

    Args:
        name: what the catalog calls it.
        model: what the server calls it.
        endpoint: the server.
    """

    def __init__(self, name: str, model: str, endpoint: RemoteEndpoint) -> None:
        self._name, self._model, self._endpoint = name, model, endpoint
        self._client = connect(endpoint)

    @property
    def name(self) -> str:
        """The name under which the catalog knows it."""
        return self._name

    @property
    def context_window(self) -> int:
        """Tokens that prompt and answer may have together, as the endpoint's settings assume."""
        return self._endpoint.context_window

    def count_tokens(self, messages: Conversation) -> int:
        """An estimate from the texts' length; the server's usage is the truth."""
        return sum(TOKENS_PER_MESSAGE + -(-len(m.content.encode()) // BYTES_PER_TOKEN) for m in messages)

    def generate(self, requests: Sequence[Request]) -> list[Generation]:
        """Answer each request, in order, several at once.

        Raises:
            ContextTooLongError: the server says that a prompt is too long.
            ModelUnavailableError: the server cannot be reached, or refuses.
        """
        if not requests:
            return []
        with ThreadPoolExecutor(min(self._endpoint.concurrency, len(requests))) as pool:
            return list(pool.map(self._one, requests))

    def stream(self, request: Request) -> Iterator[str | Generation]:
        """Pieces of text as they come, then the finished Generation as the last item.

        Raises:
            ContextTooLongError: the server says that the prompt is too long.
            ModelUnavailableError: the server cannot be reached, or refuses.
        """
        began = time.perf_counter()
        text, told, reason, usage = "", "", "stop", None
        try:
            for chunk in self._client.chat.completions.create(
                **self._fields(request), stream=True, stream_options={"include_usage": True}
            ):
                usage = chunk.usage or usage
                for choice in chunk.choices:
                    reason = choice.finish_reason or reason
                    text += choice.delta.content or ""
                    shown = settled(text, request.stop)
                    if len(shown) > len(told):
                        yield shown[len(told) :]
                        told = shown
        except openai.OpenAIError as error:
            raise self._told(error) from None
        whole = cut(text, request.stop)[0]
        if len(whole) > len(told):
            yield whole[len(told) :]
        yield self._generation(request, text, reason, usage, time.perf_counter() - began)

    def _one(self, request: Request) -> Generation:
        began = time.perf_counter()
        try:
            answer = self._client.chat.completions.create(**self._fields(request))
        except openai.OpenAIError as error:
            raise self._told(error) from None
        if not answer.choices:
            raise ModelUnavailableError(f"{self._name!r} answered without choices; is it a chat model?")
        first = answer.choices[0]
        text = first.message.content or ""
        return self._generation(request, text, first.finish_reason, answer.usage, time.perf_counter() - began)

    def _fields(self, request: Request) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "model": self._model,
            "messages": [m.as_dict() for m in request.messages],
            "temperature": request.temperature,
            self._endpoint.limit_field: request.max_tokens,
        }
        if request.top_p < 1:
            fields["top_p"] = request.top_p
        if request.stop:
            fields["stop"] = list(request.stop)
        if request.seed is not None:
            fields["seed"] = request.seed
        return fields

    def _generation(
        self, request: Request, text: str, reason: str, usage: CompletionUsage | None, seconds: float
    ) -> Generation:
        # Some servers, transformers' own among them, leave the stop in the text.
        text, stopped = cut(text, request.stop)
        return Generation(
            text=_as_choice(text, request.choices),
            prompt_tokens=usage.prompt_tokens if usage else self.count_tokens(request.messages),
            completion_tokens=usage.completion_tokens if usage else len(text.encode()) // BYTES_PER_TOKEN,
            seconds=seconds,
            finish_reason="length" if reason == "length" and not stopped else "stop",
        )

    def _told(self, error: openai.OpenAIError) -> GenerationError:
        return in_our_words(error, self._endpoint, self._name, self._model)


def _as_choice(text: str, choices: Sequence[str]) -> str:
    """The choice that the text is, but for case, spaces and quotes; else the text as it came."""
    plain = {_plain(choice): choice for choice in choices}
    return plain.get(_plain(text), text)


def _plain(text: str) -> str:
    return text.strip().strip("\"'`.").casefold().strip()
