"""A BERT encoder for whole texts, packed end to end: no padding, no masks, one product for all tokens.

Knows nothing about tokenization. Reads `config.json` and `model.safetensors` of a folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

LIKELY_TOKENS = 1024
"""Of a batch; products with more or fewer are right too."""


class Affine(NamedTuple):
    """Weight and bias of a product, or scale and shift of a normalisation."""

    weight: Tensor
    bias: Tensor


class Product:
    """A product with its bias; where half precision is fast, the weight is laid out once as oneDNN wants it.

    It would otherwise be laid out anew in every call, which a short text waits for longest.
    """

    def __init__(self, affine: Affine) -> None:
        self._weight, self._bias = affine
        self._ordered = self._weight.dtype == torch.bfloat16 and is_half_fast()
        if self._ordered:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight, LIKELY_TOKENS)

    def __call__(self, states: Tensor) -> Tensor:
        """The product."""
        return self._through(states, "none", "")

    def bent(self, states: Tensor) -> Tensor:
        """The product through the function GELU."""
        return self._through(states, "gelu", "none")

    def _through(self, states: Tensor, function: str, kind: str) -> Tensor:
        """`kind` is that of GELU: exact is called none."""
        if self._ordered:
            product = torch.ops.mkldnn._linear_pointwise
            made: Tensor = product(states, self._weight, self._bias, function, [], kind)
            return made
        plain = functional.linear(states, self._weight, self._bias)
        return functional.gelu(plain) if function == "gelu" else plain


class Layer(NamedTuple):
    """One layer of the encoder, in the order of its computation."""

    heads: Product
    """Queries, already divided by the root of a head's width, keys and values side by side."""
    mixed: Product
    mixed_norm: Affine
    up: Product
    down: Product
    norm: Affine


class PackedEncoder:
    """Vectors of texts: the mean of a text's token states, of length 1."""

    def __init__(self, weights: Mapping[str, Tensor], config: Mapping[str, Any], precision: str) -> None:
        self.precision = precision
        self._heads: int = config["num_attention_heads"]
        self._eps: float = config["layer_norm_eps"]
        cuda = torch.cuda.is_available()
        self._device = torch.device("cuda" if cuda else "cpu")
        self._weights, self._dtype = weights, getattr(torch, precision)
        self._words = self._ready(weights["embeddings.word_embeddings.weight"])
        places, kinds = (
            weights[f"embeddings.{name}_embeddings.weight"] for name in ("position", "token_type")
        )
        self._places = self._ready(places + kinds[0])
        self._norm = self._affine("embeddings.LayerNorm")
        self._layers = [self._layer(f"encoder.layer.{i}") for i in range(config["num_hidden_layers"])]
        del self._weights

    @torch.inference_mode()
    def vectors(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """One vector for each text, given as tokens; the fastest where texts of one length stand together."""
        runs = [(len(list(run)), length) for length, run in groupby(map(len, texts))]
        sizes = [count * length for count, length in runs]
        tokens = torch.tensor([token for text in texts for token in text], device=self._device)
        places = torch.cat([torch.arange(length).repeat(count) for count, length in runs]).to(self._device)
        states = self._normed(self._words[tokens] + self._places[places], self._norm)
        for layer in self._layers:
            parts = torch.split(layer.heads(states), sizes)
            seen = torch.cat([self._attended(part, *run) for part, run in zip(parts, runs, strict=True)])
            states = self._normed(layer.mixed(seen) + states, layer.mixed_norm)
            states = self._normed(layer.down(layer.up.bent(states)) + states, layer.norm)
        parts = torch.split(states, sizes)
        means = [part.view(*run, -1).float().mean(1) for part, run in zip(parts, runs, strict=True)]
        found: NDArray[np.float32] = functional.normalize(torch.cat(means)).cpu().numpy()
        return found

    def _attended(self, part: Tensor, count: int, length: int) -> Tensor:
        """What the tokens of `count` texts of one length take from each other.

        Two plain products: on CPUs they take half the time of torch's fused kernel in half precision.
        """
        split = part.view(count, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        queries, keys, values = split.reshape(3, count * self._heads, length, -1)
        shares = torch.bmm(queries, keys.transpose(1, 2)).softmax(-1)
        mixed = torch.bmm(shares, values).view(count, self._heads, length, -1)
        return mixed.transpose(1, 2).reshape(count * length, -1)

    def _normed(self, states: Tensor, norm: Affine) -> Tensor:
        return functional.layer_norm(states, norm.weight.shape, norm.weight, norm.bias, self._eps)

    def _layer(self, name: str) -> Layer:
        query, key, value = (
            self._stored(f"{name}.attention.self.{part}") for part in ("query", "key", "value")
        )
        root = (len(query.bias) / self._heads) ** 0.5
        scaled = Affine(query.weight / root, query.bias / root)
        heads = Affine(*(self._ready(torch.cat(side)) for side in zip(scaled, key, value, strict=True)))
        attention, output = f"{name}.attention.output", f"{name}.output"
        return Layer(
            Product(heads),
            Product(self._affine(f"{attention}.dense")),
            self._affine(f"{attention}.LayerNorm"),
            Product(self._affine(f"{name}.intermediate.dense")),
            Product(self._affine(f"{output}.dense")),
            self._affine(f"{output}.LayerNorm"),
        )

    def _affine(self, name: str) -> Affine:
        return Affine(*map(self._ready, self._stored(name)))

    def _stored(self, name: str) -> Affine:
        return Affine(self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _ready(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._device, self._dtype)


def load(folder: Path, precision: str) -> PackedEncoder:
    """The encoder of a folder with weights of the given precision."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return PackedEncoder(load_file(folder / "model.safetensors"), config, precision)


def is_half_fast() -> bool:
    """Whether the encoder runs on a CPU that multiplies matrices of half precision in hardware."""
    able = torch.cpu.get_capabilities()
    return not torch.cuda.is_available() and any(able.get(flag) for flag in ("amx_bf16", "avx512_bf16"))
