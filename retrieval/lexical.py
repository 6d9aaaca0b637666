"""Word search: BM25 over texts, through bm25s."""

from __future__ import annotations

from collections.abc import Sequence

import bm25s
import numpy as np

from retrieval.search import Ranking

_WORD = r"\w+"


class LexicalIndex:
    """Texts by number, ranked by the words they share with a question; searches may run together."""

    def __init__(self, texts: Sequence[str]) -> None:
        words = _words(texts)
        self._index = bm25s.BM25() if any(words) else None
        if self._index:
            self._index.index(words, show_progress=False)

    def search(self, questions: Sequence[str], k: int) -> list[Ranking]:
        """For each question the best texts that share a word with it, best first; equal ones by number."""
        return [self._rank(words, k) for words in _words(questions)]

    def _rank(self, words: list[str], k: int) -> Ranking:
        known = [word for word in words if self._index and word in self._index.vocab_dict]
        if not known or not self._index:
            return []
        scores = self._index.get_scores(known)
        matching = np.flatnonzero(scores)
        best = matching[np.argsort(-scores[matching], kind="stable")[:k]]
        return [(int(number), float(scores[number])) for number in best]


def _words(texts: Sequence[str]) -> list[list[str]]:
    """Words in lower case, as they are: the same for every language."""
    found: list[list[str]] = bm25s.tokenize(
        list(texts), token_pattern=_WORD, stopwords=[], return_ids=False, show_progress=False
    )
    return found
