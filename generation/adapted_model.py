"""A base in memory with one of its adapters: a model of its own name that shares the base's weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from generation.language_model import Generation, Request
from generation.lora_rows import LoraWeights
from generation.messages import Conversation
from generation.transformers_model import TransformersModel


class AdaptedModel:
    """Implements the language model port; a light thing, made anew for each use."""

    def __init__(self, name: str, base: TransformersModel, weights: LoraWeights) -> None:
        self._name = name
        self.mixer, self.variant = base, weights

    @property
    def name(self) -> str:
        """The name under which the catalog knows it."""
        return self._name

    @property
    def context_window(self) -> int:
        """Tokens that prompt and answer may have together."""
        return self.mixer.context_window

    def count_tokens(self, messages: Conversation) -> int:
        """Tokens of the rendered prompt."""
        return self.mixer.count_tokens(messages)

    def generate(self, requests: Sequence[Request]) -> list[Generation]:
        """Answer each request, in order; raises as the base does."""
        return self.mixer.generate_mixed([(request, self.variant) for request in requests])

    def stream(self, request: Request) -> Iterator[str | Generation]:
        """Pieces of text as they come, then the finished Generation as the last item."""
        return self.mixer.stream(request, self.variant)
