"""Two LoRA adapters, the second trained on top of the first, written as one.

B1 A1 s1 + B2 A2 s2 = [B1 s1, B2 s2] [A1; A2], which is exact; so serving needs to know of no parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from pathlib import Path

import torch
from peft import LoraConfig
from safetensors.torch import load_file, save_file

Weights = Mapping[str, torch.Tensor]

_FILE = "adapter_model.safetensors"
_A, _B = "lora_A.weight", "lora_B.weight"


def save_stacked(below: Path, config: LoraConfig, weights: Weights, folder: Path) -> None:
    """Write the adapter in `below` and the one trained on top of it as one adapter in `folder`."""
    first = LoraConfig.from_pretrained(below)
    lower = _scaled(load_file(below / _FILE, device="cpu"), _scale(first))
    upper = _scaled({name: w.detach().cpu() for name, w in weights.items()}, _scale(config))
    places = sorted({name.removesuffix(_A) for name in {*lower, *upper} if name.endswith(_A)})
    joined: dict[str, torch.Tensor] = {}
    for place in places:
        joined[place + _A] = _join(place + _A, lower, upper, first.r, config.r)
        joined[place + _B] = _join(place + _B, lower, upper, first.r, config.r)
    both = copy(config)
    both.r = both.lora_alpha = first.r + config.r
    both.use_rslora = False
    both.target_modules = {*first.target_modules, *config.target_modules}
    both.inference_mode = True
    save_file(joined, folder / _FILE, {"format": "pt"})
    both.save_pretrained(folder)


def _scale(config: LoraConfig) -> float:
    return float(config.lora_alpha / (config.r**0.5 if config.use_rslora else config.r))


def _scaled(weights: Weights, scale: float) -> dict[str, torch.Tensor]:
    return {name: w * scale if name.endswith(_B) else w for name, w in weights.items()}


def _join(name: str, lower: Weights, upper: Weights, below: int, above: int) -> torch.Tensor:
    """Both matrices beside each other along the rank; zeros where one adapter leaves a layer alone."""
    axis = 0 if name.endswith(_A) else 1
    parts = [
        lower[name] if name in lower else _zeros(upper[name], axis, below),
        upper[name] if name in upper else _zeros(lower[name], axis, above),
    ]
    return torch.cat(parts, dim=axis).contiguous()


def _zeros(like: torch.Tensor, axis: int, rank: int) -> torch.Tensor:
    shape = list(like.shape)
    shape[axis] = rank
    return torch.zeros(shape, dtype=like.dtype)
