"""A finished encoder behind the port of language models: answers a label, or entities as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from finetune.encoders import folder
from finetune.encoders.rows import Reader
from finetune.encoders.serving import Labeller, Tagger
from finetune.encoders.words import words_of
from generation.language_model import Generation, Request
from generation.messages import Conversation

ANY_LENGTH = 1_000_000
"""Long texts are no error: tags are said of all of them, labels by their beginning."""

Says = Callable[[Sequence[str]], list[str]]


class EncoderModel:
    """Implements the language model port. It reads the last message of the user alone, and always says
    one of its own labels, or the entities that it finds.

    Raises:
        AdapterMismatchError: the folder was made for another base.
        ModelUnavailableError: the folder is not a finished encoder, or the base cannot be read.
    """

    def __init__(self, name: str, made: Path, base: Path) -> None:
        self.name, self.context_window = name, ANY_LENGTH
        self._reader = Reader(base)
        is_labels = folder.read(made).kind == "labels"
        self._says = Labeller(made, base).predict if is_labels else _entities(Tagger(made, base))

    def count_tokens(self, messages: Conversation) -> int:
        """Tokens that are read."""
        [row], _ = self._reader.texts([_asked(messages)])
        return len(row.ids)

    def generate(self, requests: Sequence[Request]) -> list[Generation]:
        """Answer each request, in order."""
        began = time.perf_counter()
        said = self._says([_asked(request.messages) for request in requests])
        each = (time.perf_counter() - began) / max(1, len(said))
        return [
            Generation(text, self.count_tokens(request.messages), 0, each, "stop")
            for text, request in zip(said, requests, strict=True)
        ]


def _entities(tagger: Tagger) -> Says:
    def say(texts: Sequence[str]) -> list[str]:
        return [entities_in(text, tagger) for text in texts]

    return say


def entities_in(text: str, tagger: Tagger) -> str:
    """The entities of a text as JSON."""
    split = words_of(text)
    found = [split.found(entity) for entity in tagger.entities(split.words)]
    return json.dumps({"entities": found}, ensure_ascii=False)


def _asked(messages: Conversation) -> str:
    return next((message.content for message in reversed(messages) if message.role == "user"), "")
