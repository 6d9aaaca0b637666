"""Many LoRA adapters on one model in memory: each row of a batch may have its own, or none.

Their matrices lie beside each other along the rank, B1 A1 + B2 A2 = [B1 B2] [A1; A2], and what an adapter
makes of the rows of others is set to zero in between; so a batch costs three products for each layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from generation.adapter_folder import adapter_name, peft_config
from generation.errors import ModelUnavailableError

Change = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]
"""Matrices of all adapters of a batch, and for each row which of their ranks are its own (None: all)."""
_PREFIX = "base_model.model."
_A, _B = ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True, slots=True, eq=False)
class LoraWeights:
    """The matrices of one adapter by layer: down of shape (rank, in), up of shape (out, rank), scaled."""

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
        layers[path] = (down.to(model.dtype), up.to(model.dtype))
    return LoraWeights(layers)


class LoraRows:
    """The layers of one model that adapters change. Not safe between threads: hold the model's lock."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._layers: dict[str, _Changed] = {}
        self._last: tuple[list[LoraWeights | None], dict[str, Change]] = ([], {})

    @contextmanager
    def applied(self, rows: Sequence[LoraWeights | None]) -> Iterator[None]:
        """A block in which each row of a batch is computed with its own adapter."""
        changes = self._changes(list(rows))
        for path, change in changes.items():
            self._layer(path).change = change
        try:
            yield
        finally:
            for path in changes:
                self._layers[path].change = None

    def _changes(self, rows: list[LoraWeights | None]) -> dict[str, Change]:
        """What is added to each layer; remembered for the next token of the same rows."""
        if self._last[0] != rows:
            distinct = list(dict.fromkeys(row for row in rows if row is not None))
            paths = {path for weights in distinct for path in weights.layers}
            self._last = (rows, {path: _joined(path, rows, distinct) for path in paths})
        return self._last[1]

    def _layer(self, path: str) -> _Changed:
        if path not in self._layers:
            place, _, name = path.rpartition(".")
            layer = _Changed(self._model.get_submodule(path))
            setattr(self._model.get_submodule(place), name, layer)
            self._layers[path] = layer
        return self._layers[path]


class _Changed(nn.Module):
    """A linear layer, and what adapters add to it."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.change: Change | None = None

    @property
    def weight(self) -> torch.Tensor:
        """The layer's own, which some models look at."""
        return self.inner.get_parameter("weight")

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.inner(given)
        if self.change is None:
            return out
        down, up, mine = self.change
        low = nn.functional.linear(given, down)
        return out + nn.functional.linear(low if mine is None else low * mine, up)


def _joined(path: str, rows: Sequence[LoraWeights | None], distinct: Sequence[LoraWeights]) -> Change:
    having = [weights for weights in distinct if path in weights.layers]
    downs, ups = zip(*(weights.layers[path] for weights in having), strict=True)
    if len(having) == 1 and all(row is having[0] for row in rows):
        return downs[0], ups[0], None
    owner = [at for at, down in enumerate(downs) for _ in range(len(down))]
    mine = [[float(row is having[at]) for at in owner] for row in rows]
    like = downs[0]
    return torch.cat(downs), torch.cat(ups, dim=1), like.new_tensor(mine)[:, None, :]


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
