"""Models with random weights and few narrow layers, saved as folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = "the cat dog cow sheep barks says meow woof moo baa at in paris rome anna otto lives now again"
NARROW = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 64,
}


def save(folder: Path, kind: str, family: str, tokenizer: Any, seed: int, **shape: Any) -> Path:
    """Save a model of an auto class and a configuration of transformers, with its tokenizer."""
    import torch
    import transformers

    ends = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
    config = getattr(transformers, family)(vocab_size=len(tokenizer), **ends, **shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        getattr(transformers, kind).from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_encoder(folder: Path, family: str = "BertConfig", seed: int = 3) -> Path:
    """Save an encoder that knows a few words and reads 24 tokens."""
    tokenizer = _tokenizer(WORDS.split())
    tokenizer.model_max_length = 24
    shape = NARROW | {"hidden_dim": 64, "max_position_embeddings": 32, "initializer_range": 0.1}
    return save(folder, "AutoModel", family, tokenizer, seed, **shape)


def save_reranker(folder: Path, texts: Iterable[str], labels: int = 1) -> Path:
    """Save a classifier of pairs that knows the words of the texts, with so many labels."""
    tokenizer = _tokenizer(sorted(set(re.findall(r"\w+", " ".join(texts).lower()))))
    shape = NARROW | {"initializer_range": 0.5, "num_labels": labels}
    return save(folder, "AutoModelForSequenceClassification", "BertConfig", tokenizer, 3, **shape)


def _tokenizer(words: list[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    rules = Tokenizer(models.WordLevel({word: at for at, word in enumerate([*SPECIALS, *words])}, "[UNK]"))
    rules.normalizer, rules.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    rules.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(
        tokenizer_object=rules, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
