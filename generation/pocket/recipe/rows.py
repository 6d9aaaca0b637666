"""Episodes as token rows of one length: packed whole, answers weighted, copied tokens traced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
from transformers import PreTrainedTokenizerFast

from generation.pocket.recipe.copies import MOST_CLUES, MOST_SOURCES, CopyFinder, Trace
from generation.pocket.recipe.episode import Episode

ANSWER_WEIGHT = 3.0
Shape = tuple[int, int]
"""Rows, and tokens in a row."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Token rows of shape (rows, length)."""

    ids: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    """Of each token in the loss; 0 is padding."""
    sources: npt.NDArray[np.int64]
    """(rows, length, MOST_SOURCES): where in the row the token stands earlier, -1 for nowhere."""
    clues: npt.NDArray[np.int64]
    """(rows, length, MOST_CLUES): the tokens that tell this one from its rivals, -1 for none."""

    @classmethod
    def blank(cls, shape: Shape, padding: int) -> Batch:
        """Nothing but padding."""
        return cls(
            np.full(shape, padding, dtype=np.int64),
            np.zeros(shape, dtype=np.float32),
            np.full((*shape, MOST_SOURCES), -1, dtype=np.int64),
            np.full((*shape, MOST_CLUES), -1, dtype=np.int64),
        )


@dataclass(frozen=True, slots=True)
class Encoded:
    """One episode as tokens."""

    ids: list[int]
    weights: list[float]
    trace: Trace

    def __len__(self) -> int:
        return len(self.ids)

    def write(self, batch: Batch, row: int, at: int) -> None:
        """Put the episode into a row from the position on."""
        batch.ids[row, at : at + len(self)] = self.ids
        batch.weights[row, at : at + len(self)] = self.weights
        for array, found in ((batch.sources, self.trace.sources), (batch.clues, self.trace.clues)):
            for position, places in found.items():
                array[row, at + position, : len(places)] = [at + place for place in places]


def batches(
    episodes: Iterator[Episode], tokenizer: PreTrainedTokenizerFast, shape: Callable[[], Shape]
) -> Iterator[Batch]:
    """Endless batches; `shape` is asked before each one.

    Whole episodes are packed first-fit; one that is longer than a row is left out.
    """
    encoder = Encoder(tokenizer)
    waiting: list[Encoded] = []
    while True:
        rows, length = shape()
        while sum(map(len, waiting)) < 1.5 * rows * length:
            waiting += [e for e in encoder.encode(list(islice(episodes, 64))) if len(e) <= length]
        batch = Batch.blank((rows, length), tokenizer.pad_token_id)
        for row in range(rows):
            at = 0
            left = []
            for one in waiting:
                if at + len(one) <= length:
                    one.write(batch, row, at)
                    at += len(one)
                else:
                    left.append(one)
            waiting = left
        yield batch


class Encoder:
    """Renders episodes with the chat template and says what each token is worth."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._tokenizer = tokenizer
        self._copies = CopyFinder(tokenizer)

    def encode(self, episodes: list[Episode]) -> list[Encoded]:
        """Tokens, weights and copy sources of each episode."""
        encoded = self._tokenizer.apply_chat_template(
            [[m.as_dict() for m in e.messages] for e in episodes],
            return_dict=True,
            return_assistant_tokens_mask=True,
        )
        rows = zip(episodes, encoded["input_ids"], encoded["assistant_masks"], strict=True)
        return [self._encoded(episode, ids, mask) for episode, ids, mask in rows]

    def _encoded(self, episode: Episode, ids: list[int], mask: list[int]) -> Encoded:
        weights = [1.0] * len(ids)
        trace = Trace()
        for (start, end), turn in zip(_answers(mask), episode.turns, strict=True):
            if turn.taught:
                weights[start:end] = [ANSWER_WEIGHT] * (end - start)
                self._copies.trace(ids, start, end, turn.copies, trace)
        return Encoded(ids, weights, trace)


def _answers(mask: list[int]) -> Iterator[tuple[int, int]]:
    """Start and end of each assistant turn's tokens."""
    start = None
    for position, inside in enumerate([*mask, 0]):
        if inside and start is None:
            start = position
        elif not inside and start is not None:
            yield start, position
            start = None
