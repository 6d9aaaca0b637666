"""A task that a tiny model can learn, and tiny models of several families."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.dataset import TrainingExample
from generation.messages import Message
from generation.prompts import render
from tests.tiny_models import NARROW, save


@pytest.fixture(scope="session")
def animals() -> list[TrainingExample]:
    """Sounds to animals: four questions in several dresses, one answer each."""
    pairs = {"meow": "cat", "woof": "dog", "moo": "cow", "baa": "sheep"}
    return [
        TrainingExample((*render("Who is it?", f"{sound}{mark}"), Message("assistant", animal)))
        for mark in ("", "!", "?", " now", " again")
        for sound, animal in pairs.items()
    ]


FAMILIES = ("LlamaConfig", "Qwen2Config", "Qwen3Config", "GPTNeoXConfig", "GraniteConfig")
"""Granite divides its scores by a constant after the output layer."""


@pytest.fixture(scope="session", params=FAMILIES)
def any_base(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path
) -> Path:
    """A model of each family, with random weights and the tokenizer of `tiny_llama`."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    tokenizer.pad_token = tokenizer.eos_token
    shape = NARROW | {"num_attention_heads": 4, "max_position_embeddings": 256, "initializer_range": 0.1}
    if request.param != "GPTNeoXConfig":
        shape["num_key_value_heads"] = 2
    if request.param == "GraniteConfig":
        shape["logits_scaling"] = 4.0
    folder = tmp_path_factory.mktemp("families") / request.param.removesuffix("Config").lower()
    return save(folder, "AutoModelForCausalLM", request.param, tokenizer, seed=2, bos_token_id=None, **shape)
