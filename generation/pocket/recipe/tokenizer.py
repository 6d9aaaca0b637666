"""Pocket's tokenizer: byte-level BPE learned from episodes, with one token for each role.

A word is cut into the same pieces with and without a space before it (only the first piece
differs), so what stands in a passage can be copied piece by piece to the start of an answer
or between the quotes of JSON.

python -m generation.pocket.recipe.tokenizer FOLDER
"""

from __future__ import annotations

import json
import string
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from generation.pocket.recipe.mixture import stream

VOCABULARY = 4096
SPACE = "\u0120"
"""How byte-level BPE writes a leading space."""
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


def learn(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Learn the merges; digits stay single, so that numbers are copied digit by digit."""
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = _splitter(pre_tokenizers.Split(" ", "isolated"))
    letters = [c for c in string.printable if c.isprintable() and not c.isspace() and not c.isdigit()]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    roles = [PAD, SYSTEM, USER, ASSISTANT, END]
    single = len(roles) + len(alphabet)
    trainer = trainers.BpeTrainer(
        vocab_size=single + (VOCABULARY - single - len(letters)) // 2,
        special_tokens=roles,
        initial_alphabet=alphabet,
    )
    words.train_from_iterator(texts, trainer)
    learned = json.loads(words.to_str())["model"]
    bpe = Tokenizer(_with_spaced_twins(learned["vocab"], [(a, b) for a, b in learned["merges"]], letters))
    bpe.pre_tokenizer = _splitter()
    bpe.decoder = decoders.ByteLevel()
    bpe.add_special_tokens(roles)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=PAD, eos_token=END, chat_template=CHAT_TEMPLATE, model_max_length=2048
    )


def _splitter(*before_bytes: pre_tokenizers.PreTokenizer) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            *before_bytes,
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )


def _with_spaced_twins(
    vocabulary: dict[str, int], merges: list[tuple[str, str]], letters: list[str]
) -> models.BPE:
    """Every piece also with a leading space; those merges come last, so they change no other."""
    for piece in [*letters, *(a + b for a, b in merges)]:
        if SPACE + piece not in vocabulary:
            vocabulary[SPACE + piece] = len(vocabulary)
            merges.append((SPACE, piece))
    return models.BPE(vocab=vocabulary, merges=merges)


def lesson_texts(episodes: int = 60_000) -> Iterator[str]:
    """The messages of many episodes of the middle of the training."""
    for one in islice(stream(0, lambda: 1.5), episodes):
        yield from (m.content for m in one.messages)


if __name__ == "__main__":
    learn(lesson_texts()).save_pretrained(Path(sys.argv[1]))
