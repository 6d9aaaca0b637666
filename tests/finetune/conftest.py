"""A task that a tiny model can learn, and tiny models of several families."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.dataset import TrainingExample
from generation.messages import Message
from generation.prompts import render


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
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llama)
    config = getattr(transformers, request.param)(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
        initializer_range=0.1,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id,
    )
    if request.param != "GPTNeoXConfig":
        config.num_key_value_heads = 2
    if request.param == "GraniteConfig":
        config.logits_scaling = 4.0
    folder = tmp_path_factory.mktemp("families") / request.param.removesuffix("Config").lower()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.pad_token = tokenizer.eos_token
    tokenizer.save_pretrained(folder)
    return folder
