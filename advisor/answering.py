"""Answer inputs the way a plan says; measuring and serving both go through here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from advisor.plan import ADAPTER, HEAD, Plan
from advisor.workbench import Workbench
from finetune.heads import Head
from generation.errors import ContextTooLongError
from generation.language_model import LanguageModel, Request
from generation.messages import Conversation
from generation.prompts import Demonstration, Passage, render
from retrieval.answers.extractive import SpanReader
from retrieval.corpus import Corpus
from retrieval.documents import Hit
from retrieval.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and what it took."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    """Wall time, retrieval included; in a batch, the batch's time divided by its size."""
    sources: tuple[str, ...] = ()
    """Ids of the documents that were shown, best first."""


class Answerer:
    """A plan with its tools, ready to answer.

    Args:
        memory: embeds the demonstrations, where the workbench's embedder shall not do it anew.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        workbench: Workbench,
        corpus: Corpus | None = None,
        memory: Embedder | None = None,
    ) -> None:
        self.plan = plan
        self._embedder = workbench.embedder
        self._corpus = corpus
        self._label = _labeller(plan, folder, workbench) if plan.head else None
        self._reader = workbench.reader if plan.reads else None
        self._model = None if plan.head or plan.reads else _model(plan, folder, workbench)
        pool = [d.input for d in plan.demonstrations]
        self._shown = (memory or self._embedder).embed(pool) if plan.nearest else None

    def answer(self, inputs: Sequence[str]) -> list[Answer]:
        """Answer each input, in order."""
        began = time.perf_counter()
        answers = self._answers(inputs)
        share = (time.perf_counter() - began) / max(len(inputs), 1)
        return [Answer(a.text, a.prompt_tokens, a.completion_tokens, share, a.sources) for a in answers]

    def conversations(self, inputs: Sequence[str]) -> list[tuple[Conversation, tuple[str, ...]]]:
        """The rendered prompt of each input and the ids of the documents in it."""
        demonstrations = self._demonstrations(inputs)
        passages = self._passages(inputs)
        return [
            self._fit(text, shown, found)
            for text, shown, found in zip(inputs, demonstrations, passages, strict=True)
        ]

    def _answers(self, inputs: Sequence[str]) -> list[Answer]:
        if self._label:
            return self._classify(inputs)
        return self._point(self._reader, inputs) if self._reader else self._generate(inputs)

    def _classify(self, inputs: Sequence[str]) -> list[Answer]:
        assert self._label is not None
        return [Answer(label, 0, 0, 0.0) for label in self._label(inputs)]

    def _point(self, reader: SpanReader, inputs: Sequence[str]) -> list[Answer]:
        """The words of a passage that answer most probably; nothing where no passage was found."""
        answers = []
        for text, found in zip(inputs, self._search(inputs), strict=True):
            spans = reader.read(text, found)
            said = found[spans[0].passage].text[spans[0].start : spans[0].end] if spans else ""
            answers.append(Answer(said, 0, 0, 0.0, tuple(hit.document_id for hit in found)))
        return answers

    def _generate(self, inputs: Sequence[str]) -> list[Answer]:
        assert self._model is not None
        prompts = self.conversations(inputs)
        requests = [
            Request(messages, max_tokens=self.plan.max_tokens, choices=self.plan.labels)
            for messages, _ in prompts
        ]
        return [
            Answer(said.text.strip(), said.prompt_tokens, said.completion_tokens, 0.0, sources)
            for said, (_, sources) in zip(self._model.generate(requests), prompts, strict=True)
        ]

    def _demonstrations(self, inputs: Sequence[str]) -> list[list[Demonstration]]:
        every = list(self.plan.demonstrations)
        if self._shown is None:
            return [every] * len(inputs)
        likeness = self._embedder.embed(inputs) @ self._shown.T
        nearest = np.argsort(-likeness, axis=1, kind="stable")[:, : self.plan.nearest]
        return [[every[i] for i in reversed(row)] for row in nearest]

    def _passages(self, inputs: Sequence[str]) -> list[list[tuple[str, Passage]]]:
        found = self._search(inputs)
        return [[(hit.document_id, Passage(hit.title, hit.text)) for hit in hits] for hits in found]

    def _search(self, inputs: Sequence[str]) -> list[list[Hit]]:
        if not self.plan.passages or self._corpus is None:
            return [[]] * len(inputs)
        return self._corpus.search(inputs, k=self.plan.passages)

    def _fit(
        self, text: str, shown: list[Demonstration], found: list[tuple[str, Passage]]
    ) -> tuple[Conversation, tuple[str, ...]]:
        """The prompt with as many demonstrations (nearest last) and passages (best first) as fit."""
        assert self._model is not None
        room = self._model.context_window - self.plan.max_tokens
        while True:
            messages = self._render(text, shown, [p for _, p in found])
            size = self._model.count_tokens(messages)
            if size <= room:
                return messages, tuple(name for name, _ in found)
            if shown:
                shown = shown[1:]
            elif len(found) > 1:
                found = found[:-1]
            else:
                raise ContextTooLongError(
                    f"an input of {len(text.split())} words needs {size} tokens; "
                    f"{self._model.name} has room for {room}: shorten it, or choose a model with more context"
                )

    def _render(self, text: str, shown: list[Demonstration], found: list[Passage]) -> Conversation:
        plan = self.plan
        return render(plan.instruction, text, labels=plan.labels, demonstrations=shown, passages=found)


T = TypeVar("T")


def where_fitting(ask: Callable[[Sequence[str]], Sequence[T]], inputs: Sequence[str]) -> list[T | None]:
    """What `ask` makes of each input; None for those that do not fit the model's context window."""
    try:
        return list(ask(inputs))
    except ContextTooLongError:
        if len(inputs) == 1:
            return [None]
        return [found for text in inputs for found in where_fitting(ask, [text])]


def _labeller(plan: Plan, folder: Path, workbench: Workbench) -> Callable[[Sequence[str]], list[str]]:
    if plan.adapted:
        from finetune.encoders.serving import Labeller  # loads torch, which a head alone needs not

        return Labeller(folder / ADAPTER, workbench.encoder_folder()).predict
    head, embedder = Head.load(folder / HEAD), workbench.embedder
    return lambda inputs: head.predict(embedder.embed(inputs))


def _model(plan: Plan, folder: Path, workbench: Workbench) -> LanguageModel:
    if plan.adapted:
        return workbench.catalog.open_adapter(plan.model, folder / ADAPTER)
    return workbench.catalog.open(plan.model)
