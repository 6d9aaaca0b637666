"""Episodes as token rows of one length: packed whole, answers weighted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerFast

from generation.pocket.recipe.episode import Episode

ANSWER_WEIGHT = 3.0
IntRows = npt.NDArray[np.int64]
FloatRows = npt.NDArray[np.float32]


def batches(
    episodes: Iterator[Episode], tokenizer: PreTrainedTokenizerFast, rows: int, length: int
) -> Iterator[tuple[IntRows, FloatRows]]:
    """Endless (ids, weights), both of shape (rows, length); weight 0 is padding.

    Whole episodes are packed first-fit; one that is longer than a row is left out.
    """
    waiting: list[tuple[list[int], list[float]]] = []
    while True:
        while sum(len(ids) for ids, _ in waiting) < 1.5 * rows * length:
            waiting += _encode(list(islice(episodes, 64)), tokenizer, length)
        ids = np.full((rows, length), tokenizer.pad_token_id, dtype=np.int64)
        weights = np.zeros((rows, length), dtype=np.float32)
        for row in range(rows):
            at = 0
            left = []
            for tokens, weight in waiting:
                if at + len(tokens) <= length:
                    ids[row, at : at + len(tokens)] = tokens
                    weights[row, at : at + len(tokens)] = weight
                    at += len(tokens)
                else:
                    left.append((tokens, weight))
            waiting = left
        yield ids, weights


def _encode(
    episodes: list[Episode], tokenizer: PreTrainedTokenizerFast, longest: int
) -> list[tuple[list[int], list[float]]]:
    encoded = tokenizer.apply_chat_template(
        [[m.as_dict() for m in e.messages] for e in episodes],
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    rows = zip(episodes, encoded["input_ids"], encoded["assistant_masks"], strict=True)
    return [(ids, _weights(e.taught, mask)) for e, ids, mask in rows if len(ids) <= longest]


def _weights(taught: tuple[bool, ...], mask: list[int]) -> list[float]:
    """1 for every token, ANSWER_WEIGHT for those of taught answers."""
    weights = []
    turn, inside = -1, 0
    for flag in mask:
        if flag and not inside:
            turn += 1
        inside = flag
        weights.append(ANSWER_WEIGHT if flag and taught[turn] else 1.0)
    return weights
