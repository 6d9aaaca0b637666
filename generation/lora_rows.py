"""Many LoRA adapters on one model in memory: each row of a batch may have its own, or none.

Rows of one adapter are a group, and the groups' matrices lie in a stack; so a batch costs one product for
each layer, and two batched ones that are as small as the adapters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import pad

from generation.adapter_folder import adapter_name, peft_config
from generation.errors import ModelUnavailableError
from generation.lora_groups import Seats, groups_for, seats_in

IDLE = 2
"""Times as many seats as are needed, above which a stack is made anew."""
STACKS = 2
"""That are kept: one for a batch that is under way, one for the prompts that join it."""
_PREFIX = "base_model.model."
_A, _B = ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True, slots=True, eq=False)
class LoraWeights:
    """The matrices of one adapter by layer: down of shape (in, rank), up of shape (rank, out), scaled.

    They lie in memory as a stack wants them, for stacks are made anew again and again.
    """

    layers: dict[str, tuple[torch.Tensor, torch.Tensor]]


def read_lora(adapter: Path, model: Any) -> LoraWeights:
    """An adapter's matrices, for the layers of that model.

    Raises:
        ModelUnavailableError: they cannot be read, are no numbers, or belong to other layers.
    """
    config = peft_config(adapter)
    try:
        found = load_file(adapter / "adapter_model.safetensors", device=str(model.device))
    except (OSError, SafetensorError) as error:
        raise _unusable(adapter, error) from error
    scale = config["lora_alpha"] / (config["r"] ** 0.5 if config.get("use_rslora") else config["r"])
    layers = {}
    for name in (n for n in found if n.endswith(_A)):
        path = name.removeprefix(_PREFIX).removesuffix(_A)
        down, up = found[name], found[name.removesuffix(_A) + _B] * scale
        _check(adapter, model, path, down, up)
        layers[path] = (down.T.to(model.dtype).contiguous(), up.T.to(model.dtype).contiguous())
    return LoraWeights(layers)


@dataclass(frozen=True, slots=True, eq=False)
class _Stack:
    """The matrices of some groups, by layer: down of shape (groups, in, rank), up of (groups, rank, out)."""

    groups: tuple[LoraWeights | None, ...]
    layers: dict[str, tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, slots=True, eq=False)
class _Seating:
    """Where the rows of a batch sit in the groups; None where it is their own order."""

    rows: torch.Tensor | None
    seat_of: torch.Tensor | None


@dataclass(slots=True)
class _Applied:
    """What all changed layers look at; nothing outside of a block with adapters."""

    layers: dict[str, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)
    seating: _Seating = _Seating(None, None)


class LoraRows:
    """The layers of one model that adapters change. Not safe between threads: hold the model's lock."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._stacks: list[_Stack] = []
        self._rows: list[LoraWeights | None] = []
        self._applied = _Applied()

    @contextmanager
    def applied(self, rows: Sequence[LoraWeights | None]) -> Iterator[None]:
        """A block in which each row of a batch is computed with its own adapter."""
        if any(rows):
            self._seat(list(rows))
            self._applied.layers = self._stacks[0].layers
        try:
            yield
        finally:
            self._applied.layers = {}

    def _seat(self, rows: list[LoraWeights | None]) -> None:
        """Groups for the rows, in a stack that is there already unless most of it would be idle."""
        if rows == self._rows:
            return
        fresh = groups_for(rows)
        wanted = seats_in(fresh, rows)
        assert wanted is not None
        for stack in self._stacks:
            seats = seats_in(stack.groups, rows)
            if seats and len(seats.rows) <= IDLE * len(wanted.rows):
                break
        else:
            stack, seats = self._stacked(fresh), wanted
        self._stacks = [stack, *(other for other in self._stacks if other is not stack)][:STACKS]
        self._rows = rows
        self._applied.seating = _Seating(None, None) if seats.are_in_order else self._index(seats)

    def _stacked(self, groups: Sequence[LoraWeights | None]) -> _Stack:
        having = [group for group in groups if group is not None]
        paths = {path: None for weights in having for path in weights.layers}
        for path in paths:
            self._wrap(path)
        return _Stack(tuple(groups), {path: _stacked_layer(path, groups) for path in paths})

    def _index(self, seats: Seats) -> _Seating:
        to = self._model.device
        return _Seating(torch.tensor(seats.rows, device=to), torch.tensor(seats.seat_of, device=to))

    def _wrap(self, path: str) -> None:
        layer = self._model.get_submodule(path)
        if not isinstance(layer, _Changed):
            place, _, name = path.rpartition(".")
            setattr(self._model.get_submodule(place), name, _Changed(layer, path, self._applied))


class _Changed(nn.Module):
    """A linear layer, and what adapters add to it."""

    def __init__(self, inner: nn.Module, path: str, applied: _Applied) -> None:
        super().__init__()
        self.inner, self._path, self._applied = inner, path, applied

    @property
    def weight(self) -> torch.Tensor:
        """The layer's own, which some models look at."""
        return self.inner.get_parameter("weight")

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.inner(given)
        matrices = self._applied.layers.get(self._path)
        if matrices is None:
            return out
        (down, up), seating = matrices, self._applied.seating
        groups = down.shape[0]
        seated = given if seating.rows is None else given[seating.rows]
        low = torch.bmm(seated.reshape(groups, -1, given.shape[-1]), down)
        if seating.seat_of is None:
            out.view(groups, -1, up.shape[-1]).baddbmm_(low, up)
            return out
        made = torch.bmm(low, up).view(*seated.shape[:-1], -1)
        return out.add_(made[seating.seat_of])


def _stacked_layer(path: str, groups: Sequence[LoraWeights | None]) -> tuple[torch.Tensor, torch.Tensor]:
    """Smaller ranks are filled up with zeros, and so is what an adapter leaves as it is."""
    found = [group.layers.get(path) if group else None for group in groups]
    down, up = next(pair for pair in found if pair is not None)
    pairs = [pair or (down[:, :0], up[:0]) for pair in found]
    rank = max(len(up) for _, up in pairs)
    return (
        torch.stack([_filled(down, (0, rank - down.shape[1])) for down, _ in pairs]),
        torch.stack([_filled(up, (0, 0, 0, rank - len(up))) for _, up in pairs]),
    )


def _filled(matrix: torch.Tensor, zeros: Sequence[int]) -> torch.Tensor:
    return pad(matrix, zeros) if any(zeros) else matrix


def _check(adapter: Path, model: Any, path: str, down: torch.Tensor, up: torch.Tensor) -> None:
    try:
        layer = model.get_submodule(path)
    except AttributeError as error:
        raise _unusable(adapter, error) from error
    weight = getattr(layer, "inner", layer).weight
    if tuple(weight.shape) != (len(up), down.shape[1]):
        raise _unusable(adapter, f"{path} has another shape")
    if not (torch.isfinite(down).all() and torch.isfinite(up).all()):
        raise _unusable(adapter, "it holds weights that are no numbers")


def _unusable(adapter: Path, why: object) -> ModelUnavailableError:
    return ModelUnavailableError(
        f"Adapter {adapter_name(adapter)!r} cannot be loaded: {why}; train it again."
    )
