"""A batch of answers, written token by token.

Knows tensors and the key-value cache; what a token means to its answer is `answer`'s affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from generation.answer import Answer
from generation.lora_rows import LoraRows, LoraWeights
from generation.prefix import columns_of_the_longer, shared_length
from generation.two_parts import TwoPartBatch, is_two_parts

Sampler = Callable[[torch.Tensor], int]


@dataclass(frozen=True, slots=True)
class Variants:
    """The adapter of each row of a batch."""

    bank: LoraRows
    rows: Sequence[LoraWeights | None]

    @property
    def are_one(self) -> bool:
        """Whether all rows have the same."""
        return all(row is self.rows[0] for row in self.rows)

    def together(self, rows: Sequence[int]) -> list[int]:
        """The rows, those with the same adapter side by side."""
        first: dict[LoraWeights | None, int] = {}
        return sorted(rows, key=lambda row: first.setdefault(self.rows[row], row))

    def of(self, rows: Sequence[int]) -> Variants:
        """Those of some rows."""
        return Variants(self.bank, [self.rows[i] for i in rows])

    def applied(self) -> AbstractContextManager[None]:
        """A block in which the model computes with them."""
        return self.bank.applied(self.rows)


@torch.inference_mode()
def decode(
    model: Any,
    prompts: Sequence[list[int]],
    answers: Sequence[Answer],
    lock: AbstractContextManager[Any],
    variants: Variants | None = None,
) -> Iterator[None]:
    """Write the answers to the prompts, in place; pauses after every token of the batch."""
    going = [i for i, answer in enumerate(answers) if not answer.finish_reason]
    if not going:
        return
    going = variants.together(going) if variants else going
    open_answers = [(answers[i], _sampler(answers[i])) for i in going]
    with lock:
        kind = TwoPartBatch if is_two_parts(model) else _Batch
        state = kind(model, [prompts[i] for i in going], variants and variants.of(going))
    while True:
        _choose(state.scores, open_answers)
        yield
        going = [i for i, (answer, _) in enumerate(open_answers) if not answer.finish_reason]
        if not going:
            return
        open_answers = [open_answers[i] for i in going]
        with lock:
            state.keep(going)
            state.feed([answer.tokens[-1] for answer, _ in open_answers])


class _Batch:
    """The cache and the next token's scores of every row that is still being written.

    Rows are padded on the left; a beginning that all rows share is computed once, and columns that are
    mostly padding are computed for the longer rows alone.
    """

    def __init__(self, model: Any, prompts: Sequence[list[int]], variants: Variants | None) -> None:
        self.model = model
        self.variants = variants
        self.cache = DynamicCache(config=model.config)
        shared = shared_length(prompts) if variants is None or variants.are_one else 0
        self.mask = torch.ones(1, shared, dtype=torch.long, device=model.device)
        if shared:
            self._forward(torch.tensor([prompts[0][:shared]], device=model.device), [0])
        self._prefill([p[shared:] for p in prompts], shared)

    def keep(self, rows: list[int]) -> None:
        """Leave the finished rows behind."""
        if len(rows) < len(self.mask):
            at = torch.tensor(rows, device=self.mask.device)
            self.cache.batch_select_indices(at)
            self.mask = self.mask[at]
            self.variants = self.variants and self.variants.of(rows)

    def feed(self, tokens: list[int]) -> None:
        """One more token for each row."""
        ids = torch.tensor(tokens, device=self.mask.device)[:, None]
        self._extend(ids, torch.ones_like(ids), range(len(tokens)))

    def _prefill(self, rests: list[list[int]], shared: int) -> None:
        width, rows = max(len(r) for r in rests), range(len(rests))
        ids = torch.tensor([[0] * (width - len(r)) + r for r in rests], device=self.mask.device)
        real = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rests], device=self.mask.device)
        alone = columns_of_the_longer([len(r) for r in rests]) if self._is_plain else 0
        longer = [i for i in rows if len(rests[i]) > width - alone or not alone]
        self.cache.batch_repeat_interleave(len(longer))
        self.mask = self.mask.repeat(len(longer), 1)
        if alone:
            self._extend(ids[longer, :alone], real[longer, :alone], longer)
            self._seat_all(longer, len(rows), shared)
        self._extend(ids[:, alone:], real[:, alone:], rows)

    @property
    def _is_plain(self) -> bool:
        """Whether the cache holds keys and values and nothing else."""
        return all(type(layer) is DynamicLayer for layer in self.cache.layers)

    def _seat_all(self, there: list[int], count: int, shared: int) -> None:
        """Let the rows in that begin later: beyond what all share, they hold padding so far."""
        for layer in self.cache.layers:
            for name in ("keys", "values"):
                known = getattr(layer, name)
                whole = known[:1].repeat(count, 1, 1, 1)
                whole[:, :, shared:] = 0
                whole[there] = known
                setattr(layer, name, whole)
        mask = self.mask.new_zeros(count, self.mask.shape[1])
        mask[:, :shared] = 1
        mask[there] = self.mask
        self.mask = mask

    def _extend(self, ids: torch.Tensor, real: torch.Tensor, rows: Sequence[int]) -> None:
        self.mask = torch.cat([self.mask, real], dim=1)
        self._forward(ids, rows)

    def _forward(self, ids: torch.Tensor, rows: Sequence[int]) -> None:
        positions = (self.mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        applied = self.variants.of(rows).applied() if self.variants else nullcontext()
        with applied:
            out = self.model(
                input_ids=ids,
                attention_mask=self.mask,
                position_ids=positions,
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=1,
            )
        self.scores = out.logits[:, -1].float()


def _choose(scores: torch.Tensor, answers: Sequence[tuple[Answer, Sampler | None]]) -> None:
    likeliest = scores.max(-1)
    best, chances = likeliest.indices.tolist(), (likeliest.values - scores.logsumexp(-1)).tolist()
    for row, (answer, sampler) in enumerate(answers):
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
