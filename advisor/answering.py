"""Answer inputs the way a plan says; measuring and serving both go through here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from advisor.plan import ADAPTER, HEAD, Plan
from advisor.workbench import Workbench
from finetune.heads import Head, Matrix
from generation.errors import ContextTooLongError
from generation.language_model import LanguageModel, Request
from generation.messages import Conversation
from generation.prompts import Demonstration, Passage, render
from retrieval.answers.extractive import SpanReader
from retrieval.corpus import Corpus
from retrieval.documents import Hit
from retrieval.embedder import Embedder

CONFIDENCE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and what it took."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    """Wall time, retrieval included; in a batch, the batch's time divided by its size."""
    sources: tuple[str, ...] = ()
    """Ids of the documents that were shown: that of an extracted answer, then the best first."""
    confidence: float | None = None
    """0 to 1; None where the method does not know it."""


class Answering(Protocol):
    """What a deployment does."""

    def answer(self, inputs: Sequence[str]) -> list[Answer]:
        """Answer each input, in order."""
        ...


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
        return [replace(answer, seconds=share) for answer in answers]

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
        return [Answer(label, 0, 0, 0.0, confidence=_told(sure)) for label, sure in self._label(inputs)]

    def _point(self, reader: SpanReader, inputs: Sequence[str]) -> list[Answer]:
        """The words of a passage that answer most probably; nothing where no passage was found."""
        answers = []
        for text, found in zip(inputs, self._search(inputs), strict=True):
            spans = reader.read(text, found)
            pointed = [found[span.passage] for span in spans[:1]]
            said = pointed[0].text[spans[0].start : spans[0].end] if pointed else ""
            sure = _told(spans[0].probability) if spans else 0.0
            sources = dict.fromkeys(hit.document_id for hit in [*pointed, *found])
            answers.append(Answer(said, 0, 0, 0.0, tuple(sources), sure))
        return answers

    def _generate(self, inputs: Sequence[str]) -> list[Answer]:
        assert self._model is not None
        prompts = self.conversations(inputs)
        requests = [
            Request(messages, max_tokens=self.plan.max_tokens, choices=self.plan.labels)
            for messages, _ in prompts
        ]
        return [
            Answer(
                said.text.strip(),
                said.prompt_tokens,
                said.completion_tokens,
                0.0,
                sources,
                None if said.confidence is None else _told(said.confidence),
            )
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
        if self.plan.whole_corpus and self._corpus:
            every = [(d.id, Passage(d.title, d.text)) for d in self._corpus.documents]
            return [every] * len(inputs)
        found = self._search(inputs)
        return [[(hit.document_id, Passage(hit.title, hit.text)) for hit in hits] for hits in found]

    def _search(self, inputs: Sequence[str]) -> list[list[Hit]]:
        if not self.plan.passages or self._corpus is None:
            return [[]] * len(inputs)
        return self._corpus.search(inputs, k=self.plan.passages)

    def _fit(
        self, text: str, shown: list[Demonstration], found: list[tuple[str, Passage]]
    ) -> tuple[Conversation, tuple[str, ...]]:
        """The prompt with as many demonstrations (nearest last) and passages (best first) as fit.

        Of a whole corpus nothing is left out.
        """
        assert self._model is not None
        room = self._model.context_window - self.plan.max_tokens
        while True:
            messages = self._render(text, shown, [p for _, p in found])
            size = self._model.count_tokens(messages)
            if size <= room:
                return messages, tuple(name for name, _ in found)
            if shown:
                shown = shown[1:]
            elif len(found) > 1 and not self.plan.whole_corpus:
                found = found[:-1]
            else:
                raise ContextTooLongError(
                    f"an input of {len(text.split())} words needs {size} tokens; "
                    f"{self._model.name} has room for {room}: shorten it, or choose a model with more context"
                )

    def _render(self, text: str, shown: list[Demonstration], found: list[Passage]) -> Conversation:
        plan = self.plan
        return render(plan.instruction, text, labels=plan.labels, demonstrations=shown, passages=found)


class CascadeAnswerer:
    """Two deployments; the second answers what the first is unsure of."""

    def __init__(self, first: Answering, second: Answering, threshold: float) -> None:
        self._first, self._second, self._threshold = first, second, threshold

    def answer(self, inputs: Sequence[str]) -> list[Answer]:
        """Answer each input, in order; what both took is added up."""
        answers = self._first.answer(inputs)
        unsure = [i for i, a in enumerate(answers) if (a.confidence or 0.0) < self._threshold]
        said = self._second.answer([inputs[i] for i in unsure]) if unsure else []
        for i, other in zip(unsure, said, strict=True):
            mine = answers[i]
            answers[i] = replace(
                other,
                prompt_tokens=mine.prompt_tokens + other.prompt_tokens,
                completion_tokens=mine.completion_tokens + other.completion_tokens,
                seconds=mine.seconds + other.seconds,
            )
        return answers


T = TypeVar("T")
Labelled = list[tuple[str, float]]
"""Labels with their chances."""


def where_fitting(ask: Callable[[Sequence[str]], Sequence[T]], inputs: Sequence[str]) -> list[T | None]:
    """What `ask` makes of each input; None for those that do not fit the model's context window."""
    try:
        return list(ask(inputs))
    except ContextTooLongError:
        if len(inputs) == 1:
            return [None]
        return [found for text in inputs for found in where_fitting(ask, [text])]


def _told(probability: float) -> float:
    """A confidence without the digits that hang on rounding, since thresholds are set at such values."""
    return round(probability, CONFIDENCE_DIGITS)


def _labeller(plan: Plan, folder: Path, workbench: Workbench) -> Callable[[Sequence[str]], Labelled]:
    if plan.adapted:
        from finetune.encoders.serving import Labeller  # loads torch, which a head alone needs not

        encoder = Labeller(folder / ADAPTER, workbench.encoder_folder())
        return lambda inputs: _likeliest(encoder.labels, encoder.probabilities(inputs))
    head, embedder = Head.load(folder / HEAD), workbench.embedder
    return lambda inputs: _likeliest(head.labels, head.probabilities(embedder.embed(inputs)))


def _likeliest(labels: Sequence[str], chances: Matrix) -> Labelled:
    return [(labels[row.argmax()], float(row.max())) for row in chances]


def _model(plan: Plan, folder: Path, workbench: Workbench) -> LanguageModel:
    if plan.adapted:
        return workbench.catalog.open_adapter(plan.model, folder / ADAPTER)
    return workbench.catalog.open(plan.model)
