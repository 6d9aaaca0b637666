"""Requests that wait for the same weights are answered together, whatever adapter each asked for."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from generation.language_model import Generation, LanguageModel, MixableModel, Mixer, Request
from service.engine.joining import Joiner

MOST_REQUESTS = 64
"""That are answered together; more wait for the next turn."""


class Batcher:
    """Joins what several threads ask at the same time."""

    def __init__(self) -> None:
        self._joiners: WeakKeyDictionary[Mixer, Joiner[tuple[Request, Any], Generation]] = WeakKeyDictionary()
        self._making = Lock()

    def waiting(self, mixer: Mixer) -> int:
        """Callers that wait for the next turn."""
        joiner = self._joiners.get(mixer)
        return joiner.waiting if joiner else 0

    def generate(self, model: LanguageModel, requests: Sequence[Request]) -> list[Generation]:
        """Answer the requests, perhaps together with others; raises as the model does."""
        if not isinstance(model, MixableModel):
            return model.generate(requests)
        with self._making:
            joiner = self._joiners.setdefault(model.mixer, Joiner(MOST_REQUESTS))
        asked = [(request, model.variant) for request in requests]
        return list(joiner.ask(asked, model.mixer.generate_mixed))
