"""Pocket's tokenizer: byte-level BPE learned from episodes, with one token for each role.

python -m generation.pocket.recipe.tokenizer FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from generation.pocket.recipe.mixture import stream

VOCABULARY = 4096
PAD, SYSTEM, USER, ASSISTANT, END = "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'assistant' -%}"
    "<|assistant|>{% generation %}{{ message.content }}<|end|>{% endgeneration %}"
    "{%- else -%}"
    "<|{{ message.role }}|>{{ message.content }}<|end|>"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"
)


def learn(episodes: int = 60_000) -> PreTrainedTokenizerFast:
    """Learn the merges; digits stay single, so that numbers are copied digit by digit."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, SYSTEM, USER, ASSISTANT, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    bpe.train_from_iterator(_texts(episodes), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=PAD, eos_token=END, chat_template=CHAT_TEMPLATE, model_max_length=2048
    )


def _texts(episodes: int) -> Iterator[str]:
    for one in islice(stream(0, lambda: 1.5), episodes):
        yield from (m.content for m in one.messages)


if __name__ == "__main__":
    learn().save_pretrained(Path(sys.argv[1]))
