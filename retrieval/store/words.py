"""Word lists of passages: which words each holds, how often, and where a word stands.

Words are told apart by 64 bits of a hash, so no vocabulary has to be kept or loaded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_ENTRY = np.dtype([("word", "<u8"), ("count", "<u2")])
_MOST = 65535
Numbers = NDArray[np.integer[Any]]
Postings = tuple[Numbers, Numbers]
"""Rows that hold a word, ascending, and how often each does."""


class WordIndex(Protocol):
    """Where words stand among some passages."""

    @property
    def lengths(self) -> Numbers:
        """Words of each row, repeated ones counted."""
        ...

    def postings(self, word: int) -> Postings:
        """Where a word stands."""
        ...


def words(text: str) -> list[str]:
    """Words in lower case, as they are: the same for every language."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=1 << 17)
def word_hash(word: str) -> int:
    """What stands for a word."""
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def word_list(text: str) -> bytes:
    """The words of a passage with their counts, as the tail keeps them."""
    counts = Counter(map(word_hash, words(text)))
    return np.array([(word, min(n, _MOST)) for word, n in counts.items()], _ENTRY).tobytes()


@dataclass(frozen=True, slots=True)
class WordTail:
    """Word lists one after another; a word is found by looking at all. For a few thousand passages."""

    hashes: NDArray[np.uint64]
    rows: Numbers
    counts: Numbers
    lengths: Numbers

    @classmethod
    def of(cls, lists: Sequence[bytes]) -> WordTail:
        """The word lists of passages, in order."""
        entries = np.frombuffer(b"".join(lists), _ENTRY)
        rows = np.repeat(np.arange(len(lists)), [len(one) // _ENTRY.itemsize for one in lists])
        counts = entries["count"].astype(np.int64)
        lengths = np.bincount(rows, counts, len(lists)).astype(np.int64)
        return cls(entries["word"].astype(np.uint64), rows, counts, lengths)

    def extended(self, lists: Sequence[bytes]) -> WordTail:
        """These and some more."""
        more = WordTail.of(lists)
        return WordTail(
            np.concatenate([self.hashes, more.hashes]),
            np.concatenate([self.rows, more.rows + len(self.lengths)]),
            np.concatenate([self.counts, more.counts]),
            np.concatenate([self.lengths, more.lengths]),
        )

    def postings(self, word: int) -> Postings:
        """Where a word stands."""
        at = np.flatnonzero(self.hashes == np.uint64(word))
        return self.rows[at], self.counts[at]
