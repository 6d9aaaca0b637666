"""Lexical search in a view: BM25 with the word statistics of all live passages together.

Each part alone would judge a word's rarity by itself, and a fresh passage would not compare with an old one.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from retrieval.search import Ranking
from retrieval.store.view import Part, View, Wanted
from retrieval.store.words import word_hash, words

K1 = 1.5
B = 0.75
"""The defaults of bm25s."""


def best_words(view: View, question: str, k: int, wanted: Wanted | None) -> Ranking:
    """The passages that share words with a question, best first, equal ones by number; at most k.

    Lucene's variant (Kamphuis et al. 2020), idf = ln(1 + (N - n + 0.5) / (n + 0.5)), as a share of the sum
    of the question's idf: between 0 and 1, which only endless repetition of every word would reach.
    """
    asked = Counter(map(word_hash, words(question)))
    scores = [np.zeros(len(part.numbers), np.float32) for part in view.parts]
    mean_length, most = view.live_words / max(1, view.live_rows), 0.0
    for word, times in asked.items():
        postings = [_live_postings(part, word) for part in view.parts]
        holding = sum(len(rows) for rows, _ in postings)
        idf = np.log1p((view.live_rows - holding + 0.5) / (holding + 0.5))
        most += times * float(idf)
        for part, (rows, counts), total in zip(view.parts, postings, scores, strict=True):
            norm = K1 * (1 - B + B * part.words.lengths[rows] / mean_length) if len(rows) else 0
            total[rows] += times * idf * counts / (counts + norm)
    return [(number, score / most) for number, score in _ranking(view, scores, k, wanted)]


def _live_postings(part: Part, word: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rows, counts = part.words.postings(word)
    kept = part.live[rows]
    return rows[kept].astype(np.int64), counts[kept].astype(np.float32)


def _ranking(view: View, scores: list[NDArray[np.float32]], k: int, wanted: Wanted | None) -> Ranking:
    masks = wanted.masks if wanted else [None] * len(scores)
    passages, found = [], []
    for part, total, mask in zip(view.parts, scores, masks, strict=True):
        rows = np.flatnonzero(total if mask is None else total * mask)
        passages.append(part.numbers[rows])
        found.append(total[rows])
    numbers, values = np.concatenate(passages), np.concatenate(found)
    best = _highest(values, k)
    order = best[np.lexsort((numbers[best], -values[best]))][:k]
    return list(zip(numbers[order].tolist(), values[order].tolist(), strict=True))


def _highest(values: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Places of the k highest values and of all that equal the last of them."""
    if len(values) <= k:
        return np.arange(len(values))
    return np.flatnonzero(values >= np.partition(values, len(values) - k)[len(values) - k])
