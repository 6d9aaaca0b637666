"""A model that answers from a script: deterministic, without weights, through the same port."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from generation.answer import cut
from generation.errors import ContextTooLongError
from generation.language_model import Generation, Request
from generation.messages import Conversation

Script = Callable[[Request], str] | Mapping[str, str]
"""A function of the request, or a table from the last message's text to the answer."""

_TOKEN = re.compile(r"\s*\S+|\s+$")


class ScriptedModel:
    """Answers as its script says; a token is a word. It keeps every request it was sent.

    A text that the table lacks is answered with "". A request with choices gets one of them:
    the script's answer if it is one, else the first.
    """

    def __init__(self, name: str, script: Script, *, context_window: int = 4096) -> None:
        self.requests: list[Request] = []
        """All requests so far, in order."""
        self._name, self._script, self._window = name, script, context_window

    @property
    def name(self) -> str:
        """The name under which the catalog knows it."""
        return self._name

    @property
    def context_window(self) -> int:
        """Tokens that prompt and answer may have together."""
        return self._window

    def count_tokens(self, messages: Conversation) -> int:
        """Words of all messages."""
        return sum(len(m.content.split()) for m in messages)

    def generate(self, requests: Sequence[Request]) -> list[Generation]:
        """Answer each request, in order.

        Raises:
            ContextTooLongError: a prompt and its max_tokens exceed the context window.
        """
        for request in requests:
            self._check(request)
        self.requests += requests
        return [self._answer(request) for request in requests]

    def stream(self, request: Request) -> Iterator[str | Generation]:
        """The answer word by word, then the finished Generation.

        Raises:
            ContextTooLongError: prompt and max_tokens exceed the context window.
        """
        [finished] = self.generate([request])
        return iter([*_TOKEN.findall(finished.text), finished])

    def _answer(self, request: Request) -> Generation:
        text, _ = cut(self._wanted(request), request.stop)
        words = _TOKEN.findall(text)
        full = len(words) > request.max_tokens and not request.choices
        if full:
            words = words[: request.max_tokens]
            text = "".join(words)
        return Generation(
            text=text,
            prompt_tokens=self.count_tokens(request.messages),
            completion_tokens=len(words),
            seconds=0.0,
            finish_reason="length" if full else "stop",
        )

    def _wanted(self, request: Request) -> str:
        if isinstance(self._script, Mapping):
            said = self._script.get(request.messages[-1].content, "")
        else:
            said = self._script(request)
        return said if not request.choices or said in request.choices else request.choices[0]

    def _check(self, request: Request) -> None:
        needed = self.count_tokens(request.messages) + request.max_tokens
        if needed > self._window:
            raise ContextTooLongError(
                f"Prompt and answer need {needed} tokens, but {self._name!r} takes {self._window} together; "
                "shorten the prompt or lower max_tokens."
            )
