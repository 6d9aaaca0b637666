"""The weights of a module that learn, by AdamW: steps, snapshots and their whole state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from finetune.errors import Diverged

LONGEST_STEP = 1.0
"""The norm that gradients are clipped to."""

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class BatchLoss:
    """Sums over the learned tokens of a batch."""

    summed: torch.Tensor
    tokens: int
    right: torch.Tensor
    """How many of the tokens were the likeliest."""


Rows = Sequence[Any]
"""A batch: rows as a learner of their kind reads them."""
Measure = Callable[[Rows], BatchLoss]


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the learned tokens of some rows are said."""

    loss: float
    """Mean per token, in nats."""
    accuracy: float
    """Share of the tokens that are the likeliest."""
    tokens: int


def size_of(module: Any) -> int:
    """Bytes of all its weights."""
    return sum(p.numel() * p.element_size() for p in module.parameters())


def device_peak() -> int:
    """The most GPU memory that this process held, in bytes; 0 without a GPU."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """A block whose chance follows the seed, and which leaves no trace in the outer one."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


class Weights:
    """Those parameters of the module that want gradients.

    Args:
        module: what they are in.
        measure: how well a batch is said with them.
    """

    def __init__(self, module: Any, measure: Measure) -> None:
        self.measure = measure
        self._weights: Tensors = {name: p for name, p in module.named_parameters() if p.requires_grad}
        self._optimiser = torch.optim.AdamW(self._weights.values(), weight_decay=0.0, fused=True)

    def step(self, rows: Sequence[Rows], rate: float) -> Fit:
        """Learn once from some batches together; how well they were said before the step.

        The loss is the sum over all their learned tokens, divided by how many these are.

        Raises:
            Diverged: the loss or its gradient is no number; the weights are as before.
        """
        summed, right = 0.0, 0
        count = sum(row.answer_tokens for batch in rows for row in batch)
        for part in map(self.measure, rows):
            (part.summed / count).backward()
            summed, right = summed + float(part.summed.detach()), right + int(part.right)
        norm = torch.nn.utils.clip_grad_norm_(self._weights.values(), LONGEST_STEP)
        if not torch.isfinite(norm) or not summed < float("inf"):
            self._optimiser.zero_grad(set_to_none=True)
            raise Diverged(f"The loss is {summed / count} and its gradient {float(norm)}.")
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        return Fit(summed / count, right / count, count)

    @torch.no_grad()
    def fit(self, rows: Sequence[Rows]) -> Fit:
        """How well the batches are said, without learning; no batch's scores outlive it."""
        summed, right, count = 0.0, 0, 0
        for part in map(self.measure, rows):
            summed, right = summed + float(part.summed), right + int(part.right)
            count += part.tokens
        return Fit(summed / count, right / count, count)

    def snapshot(self) -> Tensors:
        """A copy of the weights."""
        return {name: weight.detach().clone() for name, weight in self._weights.items()}

    @torch.no_grad()
    def restore(self, weights: Tensors) -> None:
        """Go back to a snapshot."""
        for name, weight in self._weights.items():
            weight.copy_(weights[name])

    def state(self) -> Tensors:
        """Weights, optimiser and dice: everything that the next step follows from."""
        state = {f"weight/{name}": weight for name, weight in self._weights.items()}
        for at, kept in self._optimiser.state_dict()["state"].items():
            state |= {f"optimiser/{at}/{name}": value for name, value in kept.items()}
        return {**state, "dice/cpu": torch.get_rng_state(), **_cuda_dice()}

    def load_state(self, state: Tensors) -> None:
        """Go on from there."""
        self.restore(_under("weight/", state))
        moments: dict[int, Tensors] = {}
        for name, value in _under("optimiser/", state).items():
            at, _, kept = name.partition("/")
            moments.setdefault(int(at), {})[kept] = value
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": moments, "param_groups": groups})
        torch.set_rng_state(state["dice/cpu"])
        for at, dice in _under("dice/cuda/", state).items():
            torch.cuda.set_rng_state(dice, int(at))


def _under(beginning: str, state: Tensors) -> Tensors:
    return {name.removeprefix(beginning): t for name, t in state.items() if name.startswith(beginning)}


def _cuda_dice() -> Tensors:
    if not torch.cuda.is_available():
        return {}
    return {f"dice/cuda/{at}": dice for at, dice in enumerate(torch.cuda.get_rng_state_all())}
