"""A reader without a model: points at the longest stretch of words that the question's sentence adds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrieval.reader.reader import Passage, Span

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[^.!?]+")


class OverlapReader:
    """Looks for the sentence that shares most words with the question. Fast and blind to meaning."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """At most one span; its probability is the share of the question's words in the sentence."""
        asked = {word.lower() for word in _WORD.findall(question)}
        found = [span for number, p in enumerate(passages) for span in _spans(asked, number, p.text)]
        return [max(found, key=lambda span: span.probability)] if found else []


def _spans(asked: set[str], number: int, text: str) -> Iterator[Span]:
    for sentence in _SENTENCE.finditer(text):
        words = list(_WORD.finditer(text, *sentence.span()))
        known = [word[0].lower() in asked for word in words]
        first, last = _longest_gap(known)
        if first < last:
            start, end = words[first].start(), words[last - 1].end()
            shared = len({w[0].lower() for w in words} & asked)
            yield Span(number, start, end, text[start:end], shared / max(1, len(asked)))


def _longest_gap(known: Sequence[bool]) -> tuple[int, int]:
    """The longest stretch without a known word; the first of equal ones."""
    best, start = (0, 0), 0
    for at, is_known in enumerate([*known, True]):
        if is_known:
            best = max(best, (start, at), key=lambda gap: gap[1] - gap[0])
            start = at + 1
    return best
