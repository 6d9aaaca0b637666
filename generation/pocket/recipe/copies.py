"""Where the tokens of an answer stand earlier in the conversation: what a copying head should look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from transformers import PreTrainedTokenizerFast

from generation.pocket.recipe.episode import Copy
from generation.pocket.recipe.tokenizer import SPACE

MOST_SOURCES = 4
MOST_CLUES = 8
REACH = 48
"""Tokens before a source among which its clues are looked for."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Positions to positions, in the tokens of one episode."""

    sources: dict[int, list[int]] = field(default_factory=dict)
    """Each copied token -> where it stands earlier."""
    clues: dict[int, list[int]] = field(default_factory=dict)
    """What asks for a copy, and each source of it -> the tokens by which they are to be matched."""


class CopyFinder:
    """Finds the copied parts of answers among the tokens before them."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        vocabulary = tokenizer.get_vocab()
        self._tokenizer = tokenizer
        # One character for each token, the same with and without its leading space or capital,
        # so that the search for a run of tokens is the search for a substring.
        self._letters = {i: chr(_plain(token, vocabulary)) for token, i in vocabulary.items()}

    def trace(self, ids: Sequence[int], start: int, end: int, copies: Iterable[Copy], into: Trace) -> None:
        """Follow the copied parts of the answer `ids[start:end]` back to earlier positions."""
        text = self._spelled(ids[:end])
        cursor = start
        for copy in copies:
            run = self._encoded(copy.text)
            at = text.find(run, cursor) if run else -1
            if at < 0:
                continue
            cursor = at + len(run)
            clues = [self._encoded(clue) for clue in copy.clues]
            found = {place: _nearest(text, clues, place, REACH) for place in _places(text[:start], run)}
            best = max(map(len, found.values()), default=0)
            places = [place for place, near in found.items() if len(near) == best][:MOST_SOURCES]
            asked = _nearest(text, clues, at, at)
            for offset in range(len(run) if places else 0):
                into.sources[at + offset] = [place + offset for place in places]
                into.clues[at + offset - 1] = asked
                into.clues.update({place + offset: found[place] for place in places})

    def _encoded(self, text: str) -> str:
        return self._spelled(self._tokenizer.encode(text, add_special_tokens=False))

    def _spelled(self, ids: Sequence[int]) -> str:
        return "".join(self._letters[i] for i in ids)


def _plain(token: str, vocabulary: dict[str, int]) -> int:
    bare = token.removeprefix(SPACE)
    return vocabulary.get(bare.lower(), vocabulary.get(bare, vocabulary[token]))


def _places(text: str, run: str) -> list[int]:
    """All places of the run in the text, the last one first."""
    places: list[int] = []
    at = text.rfind(run)
    while at >= 0:
        places.append(at)
        at = text.rfind(run, 0, at + len(run) - 1)
    return places


def _nearest(text: str, runs: Sequence[str], end: int, reach: int) -> list[int]:
    """Positions of the last occurrence of each run before `end`; nothing for runs out of reach."""
    found: list[int] = []
    for run in runs:
        at = text.rfind(run, max(0, end - reach), end) if run else -1
        if at >= 0:
            found += range(at, at + len(run))
    return found[:MOST_CLUES]
