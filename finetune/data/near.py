"""Texts that are nearly the same, found without comparing all pairs.

MinHash over character 4-grams (Broder 1997, "On the resemblance and containment of documents") with
bands (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4); candidates are then
compared exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.85
"""Shared 4-grams of all 4-grams (Jaccard) from which two texts are nearly the same."""
GRAM, BANDS, BAND_WIDTH = 4, 8, 4
"""A pair at 0.85 becomes a candidate with 99.7 %, at 0.5 with 40 %."""
READ = 4_000
"""Characters of a text that are looked at."""
LEAST_AGREEING = 21
"""Of 32 minima; a pair at 0.85 agrees in 27, and in fewer than 21 once in 300 times."""
PAIRS = 200_000
"""Pairs whose signatures are compared together."""
CHUNK = 2_000_000
"""Characters that are hashed together."""

Places = NDArray[np.int64]
_DICE = np.random.default_rng(20_250_101)
_FACTORS = _DICE.integers(1, 2**63, BANDS * BAND_WIDTH, np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS = _DICE.integers(0, 2**63, BANDS * BAND_WIDTH, np.uint64)
_PLACES = _DICE.integers(1, 2**63, GRAM, np.uint64) * np.uint64(2) + np.uint64(1)


def near_groups(texts: Sequence[str]) -> list[int]:
    """For each text the number of its group; nearly equal texts, and chains of them, are in one."""
    distinct = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    kept = [text[:READ].ljust(GRAM) for text in distinct]
    parents = list(range(len(kept)))
    for one, other in _candidates(kept):
        a, b = _root(parents, one), _root(parents, other)
        if a != b and _alike(kept[one], kept[other]):
            parents[max(a, b)] = min(a, b)
    return [_root(parents, distinct[text]) for text in texts]


def _candidates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Distinct pairs that share a band and look alike by their signatures."""
    if len(texts) < 2:
        return
    signatures = np.concatenate([_signatures(chunk) for chunk in _chunks(texts)])
    found = [_likely(signatures, *_neighbours(signatures, band)) for band in range(BANDS)]
    for pair in np.unique(np.concatenate(found)):
        yield divmod(int(pair), len(texts))


def _neighbours(signatures: NDArray[np.uint32], band: int) -> tuple[Places, Places]:
    """Each text of a bucket beside the one before it, and beside the bucket's first."""
    part = signatures[:, band * BAND_WIDTH : (band + 1) * BAND_WIDTH].astype(np.uint64)
    keys = (part * _FACTORS[:BAND_WIDTH]).sum(axis=1)
    order = np.argsort(keys, kind="stable")
    same = np.append(False, keys[order][1:] == keys[order][:-1])
    first = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    at = np.flatnonzero(same)
    return np.concatenate([order[at - 1], order[first[at]]]), np.concatenate([order[at], order[at]])


def _likely(signatures: NDArray[np.uint32], ones: Places, others: Places) -> Places:
    """The pairs, each as one number, whose signatures agree nearly as those of alike texts do."""
    pairs = []
    for begin in range(0, len(ones), PAIRS):
        a, b = ones[begin : begin + PAIRS], others[begin : begin + PAIRS]
        keep = (signatures[a] == signatures[b]).sum(axis=1) >= LEAST_AGREEING
        pairs.append(np.minimum(a, b)[keep] * len(signatures) + np.maximum(a, b)[keep])
    return np.concatenate(pairs) if pairs else np.zeros(0, np.int64)


def _chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in texts:
        chunk.append(text)
        size += len(text)
        if size > CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _signatures(texts: Sequence[str]) -> NDArray[np.uint32]:
    """One row of minima for each text."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.uint64)
    windows = len(codes) - GRAM + 1
    grams = sum((codes[i : i + windows] * _PLACES[i] for i in range(GRAM)), np.zeros(windows, np.uint64))
    grams = (grams ^ (grams >> np.uint64(29))) * _PLACES[0]
    ends = np.cumsum([len(text) for text in texts])
    starts = ends - [len(text) for text in texts]
    # Windows that reach into the next text are left out; reduceat wants a value at the very end.
    bounds = np.stack([starts, ends - GRAM + 1], axis=1).ravel()
    grams = np.append(grams, np.uint64(0))
    minima = [
        np.minimum.reduceat((grams * a + b) >> np.uint64(32), bounds)[::2]
        for a, b in zip(_FACTORS, _OFFSETS, strict=True)
    ]
    return np.stack(minima, axis=1).astype(np.uint32)


def _alike(one: str, other: str) -> bool:
    a, b = _grams(one), _grams(other)
    return len(a & b) >= ALIKE * len(a | b)


def _grams(text: str) -> set[str]:
    return {text[i : i + GRAM] for i in range(len(text) - GRAM + 1)}


def _root(parents: list[int], one: int) -> int:
    while parents[one] != one:
        parents[one] = parents[parents[one]]
        one = parents[one]
    return one
