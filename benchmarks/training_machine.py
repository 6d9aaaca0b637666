"""What `benchmarks.training` sets beside the contenders: a base made by dice, and what the machine can do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerBase

from finetune.job import own_lengths
from finetune.rows import EncodedExample
from finetune.whole import layers_of

MADE = "llama-135m"
"""The shape of SmolLM-135M (30 layers, width 576) with random weights."""
MOST_SECONDS = 2.0


def make_base(tokenizer: PreTrainedTokenizerBase, folder: Path) -> Path:
    """A randomly initialised Llama with that tokenizer, in a model folder."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def needed_flops(model: Any, rows: Sequence[EncodedExample], batch: int) -> float:
    """FLOPs that learning from all rows once needs at least.

    A weight takes 2 a token forward and 2 for the gradient of its input; one that learns takes 2 more for
    its own (Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1, with frozen weights
    having no gradient; their attention term is left out as they do for short rows). Scores count where a
    token is learned, and a beginning that all rows share counts once a batch: who computes more gets no
    more for it.
    """
    own = own_lengths(rows)
    shared = len(rows[0].ids) - own[0]
    tokens = sum(own) + shared * -(-len(rows) // batch)
    weights = sum(4 * w.numel() + 2 * w.numel() * w.requires_grad for w in layers_of(model).parameters())
    learned = sum(row.answer_tokens for row in rows)
    return float(weights * tokens + 4 * model.get_output_embeddings().weight.numel() * learned)


def matmul_rate(model: Any, tokens: int) -> float:
    """The most float32 FLOPs a second that the products of one of its layers reach, on so many tokens."""
    layer = [module for module in layers_of(model)[0].modules() if type(module) is nn.Linear]
    frozen = [module.weight for module in layer if not module.weight.requires_grad]
    given = [torch.randn(tokens, weight.shape[1]) for weight in frozen]
    flops = sum(2 * tokens * weight.numel() for weight in frozen)
    best, ends = 0.0, time.perf_counter() + MOST_SECONDS
    with torch.no_grad():
        while (began := time.perf_counter()) < ends:
            for x, weight in zip(given, frozen, strict=True):
                x @ weight.T
            best = max(best, flops / (time.perf_counter() - began))
    return best
