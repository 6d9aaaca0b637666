"""Answers that are written together, token by token.

What a token means to its answer is `answer`'s affair; how a model computes the next one is `one_part`'s and
`two_parts`'.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import torch

from generation.answer import Answer
from generation.language_model import Generation
from generation.lora_rows import LoraRows, LoraWeights
from generation.one_part import OnePartBatch
from generation.two_parts import TwoPartBatch, is_two_parts
from generation.variants import Variants

BATCH_TOKENS = 8192
"""Prompt and answer tokens, padding included, that are computed together."""

Sampler = Callable[[torch.Tensor], int]


@dataclass(slots=True, eq=False)
class Draft:
    """An answer that is being written, what it answers, and with which adapter."""

    prompt: list[int]
    answer: Answer
    variant: LoraWeights | None
    began: float = field(default_factory=time.perf_counter)
    told: int = 0
    """Characters that were asked for already."""

    @property
    def room(self) -> int:
        """Tokens that prompt and answer may need."""
        return len(self.prompt) + self.answer.room

    @property
    def is_finished(self) -> bool:
        """See the port."""
        return self.answer.finish_reason is not None

    def news(self) -> str:
        """See the port."""
        shown = self.answer.shown()
        fresh, self.told = shown[self.told :], max(self.told, len(shown))
        return fresh

    def generation(self) -> Generation:
        """See the port."""
        answer, seconds = self.answer, time.perf_counter() - self.began
        reason = answer.finish_reason or "length"
        return Generation(
            answer.text, len(self.prompt), len(answer.tokens), seconds, reason, answer.confidence
        )

    def give_up(self) -> None:
        """See the port."""
        self.answer.give_up()


class Writing:
    """Answers that are written together, a token of each at a time; others may join in between.

    Args:
        lock: held while the model computes.
    """

    def __init__(self, model: Any, bank: LoraRows, lock: AbstractContextManager[Any]) -> None:
        self._model, self._bank, self._lock = model, bank, lock
        self._batch: OnePartBatch | TwoPartBatch | None = None
        self._open: list[tuple[Draft, Sampler | None]] = []

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to write."""
        return all(draft.is_finished for draft, _ in self._open)

    def has_room(self, drafts: Sequence[Draft]) -> bool:
        """Whether these may join together: one may always begin."""
        going = [draft for draft, _ in self._open if not draft.is_finished]
        if going and not (self._batch and self._batch.can_be_joined):
            return False
        together = [*going, *drafts]
        width = max(len(one.prompt) for one in together) + max(one.answer.room for one in together)
        return len(together) == 1 or len(together) * width <= BATCH_TOKENS

    @torch.inference_mode()
    def join(self, drafts: Sequence[Draft]) -> None:
        """Read the prompts and write the first token of each answer."""
        drafts = [draft for draft in drafts if not draft.is_finished]
        if not drafts:
            return
        variants = Variants(self._bank, [draft.variant for draft in drafts])
        order = variants.together(range(len(drafts)))
        kind = TwoPartBatch if is_two_parts(self._model) else OnePartBatch
        with self._lock:
            batch = kind(self._model, [drafts[i].prompt for i in order], variants.of(order))
        fresh = [(drafts[i], _sampler(drafts[i].answer)) for i in order]
        _choose(batch.scores, fresh)
        self._leave()
        if self._open:
            assert isinstance(self._batch, OnePartBatch) and isinstance(batch, OnePartBatch)
            self._batch.take_in(batch)
        else:
            self._batch = batch
        self._open += fresh

    @torch.inference_mode()
    def go_on(self) -> None:
        """Write one more token of each answer."""
        self._leave()
        if self._open and self._batch:
            with self._lock:
                self._batch.feed([draft.answer.tokens[-1] for draft, _ in self._open])
            _choose(self._batch.scores, self._open)

    def _leave(self) -> None:
        """Forget the answers that are finished."""
        going = [i for i, (draft, _) in enumerate(self._open) if not draft.is_finished]
        self._open = [self._open[i] for i in going]
        if going and self._batch:
            self._batch.keep(going)


def _choose(scores: torch.Tensor, drafts: Sequence[tuple[Draft, Sampler | None]]) -> None:
    likeliest = scores.max(-1)
    best, chances = likeliest.indices.tolist(), (likeliest.values - scores.logsumexp(-1)).tolist()
    for row, (draft, sampler) in enumerate(drafts):
        answer = draft.answer
        allowed = answer.allowed
        if allowed is None and sampler is None:
            answer.take(best[row], chances[row])
            continue
        few = scores[row] if allowed is None else scores[row, allowed]
        at = sampler(few) if sampler else int(few.argmax())
        answer.take(at if allowed is None else allowed[at], float(few.log_softmax(-1)[at]))


def _sampler(answer: Answer) -> Sampler | None:
    request = answer.request
    if request.temperature <= 0:
        return None
    dice = torch.Generator()
    if request.seed is None:
        dice.seed()
    else:
        dice.manual_seed(request.seed)
    return lambda scores: _sample(scores.cpu(), request.temperature, request.top_p, dice)


def _sample(scores: torch.Tensor, temperature: float, top_p: float, dice: torch.Generator) -> int:
    """Nucleus sampling (Holtzman et al. 2020): the likeliest tokens whose mass reaches top_p."""
    chances, order = torch.softmax(scores / temperature, -1).sort(descending=True)
    chances[chances.cumsum(-1) - chances >= top_p] = 0
    return int(order[torch.multinomial(chances, 1, generator=dice)])
