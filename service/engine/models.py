"""Models and deployments in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from advisor.answering import Answering
from advisor.deployment import open_deployment
from advisor.workbench import Workbench
from generation.errors import UnknownModelError
from generation.language_model import Generation, LanguageModel, Request
from retrieval.answers.extractive import SpanReader
from retrieval.embedder import Embedder
from service.engine.batching import Batcher
from service.engine.port import USUAL, USUAL_MAX_TOKENS, Answer, Card


class Models:
    """Opens models through the catalog, deployments from their folders; safe between threads."""

    def __init__(
        self, workbench: Callable[[], Workbench], pipeline: Callable[[str], Path], capacity: int
    ) -> None:
        self._make_workbench = workbench
        self._pipeline = pipeline
        self._capacity = capacity
        self._answerers: OrderedDict[str, Answering] = OrderedDict()
        self._batcher = Batcher()
        self._opening = threading.RLock()
        self._workbench: Workbench | None = None

    def cards(self) -> list[Card]:
        """All models of the catalog."""
        cards = self._tools().catalog.cards()
        return [Card(c.name, c.created, c.owned_by, c.parent) for c in cards]

    def check(self, model: str) -> None:
        """Raise UnknownModelError unless the catalog can open the model."""
        if all(card.name != model for card in self.cards()):
            self._tools().catalog.open(model)

    def generate(self, model: str, requests: Sequence[Request]) -> list[Generation]:
        """Answer a batch."""
        opened = self.open(model)
        return self._batcher.generate(opened, [_bounded(opened, r) for r in requests])

    def stream(self, model: str, request: Request) -> Iterator[str | Generation]:
        """Pieces, then the whole."""
        opened = self.open(model)
        yield from self._batcher.stream(opened, _bounded(opened, request))

    def answer(self, deployment: str, inputs: Sequence[str]) -> list[Answer]:
        """Let a deployment answer."""
        answers = self._answerer(deployment).answer(inputs)
        return [Answer(a.text, a.prompt_tokens, a.completion_tokens, a.sources) for a in answers]

    def open(self, model: str) -> LanguageModel:
        """A model of the catalog."""
        return self._tools().catalog.open(model)

    def embedder(self) -> Embedder:
        """The one embedder of this process."""
        return self._tools().embedder

    def reader(self) -> SpanReader:
        """The one reader of this process."""
        return self._tools().reader

    def _tools(self) -> Workbench:
        with self._opening:
            if self._workbench is None:
                self._workbench = self._make_workbench()
            return self._workbench

    def _answerer(self, deployment: str) -> Answering:
        with self._opening:
            if deployment not in self._answerers:
                self._answerers[deployment] = self._load(deployment)
            self._answerers.move_to_end(deployment)
            while len(self._answerers) > self._capacity:
                self._answerers.popitem(last=False)
            return self._answerers[deployment]

    def _load(self, deployment: str) -> Answering:
        folder = self._pipeline(deployment)
        if not folder.is_dir():
            raise UnknownModelError(f"There is no deployment {deployment!r}.")
        return open_deployment(folder, self._tools())


def _bounded(model: LanguageModel, request: Request) -> Request:
    if request.max_tokens != USUAL:
        return request
    room = model.context_window - model.count_tokens(request.messages)
    return replace(request, max_tokens=max(1, min(USUAL_MAX_TOKENS, room)))
