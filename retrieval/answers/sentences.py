"""Sentences of a text, with their places. Rules for prose, lists and texts whose lines are wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.embedder import Span

LONGEST = 400
"""Characters of a sentence; what is longer, such as a table without full stops, is cut between words."""
_END = re.compile(
    r"""[.!?…]["'”’)\]]*(?=\s)   # a mark, if a space follows
    | [。！？]["'”’」』]*          # a mark of Chinese or Japanese
    | \n\s*\n | \n(?![a-z])      # a blank line, or a line that does not go on in small letters""",  # noqa: RUF001
    re.VERBOSE,
)
_LONGEST_ABBREVIATION = 8
_ABBREVIATED = re.compile(
    r"(?:\b[A-Z]|\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|No|Nos|Fig|Vol|al|cf|ca|approx|e\.g|i\.e))\.$"
)


def sentence_spans(text: str) -> list[Span]:
    """Where the sentences of a text stand, without white space at their ends."""
    found: list[Span] = []
    start = 0
    for end in _ends(text):
        found += _trimmed(text, start, end)
        start = end
    return found + list(_trimmed(text, start, len(text)))


def whole_sentences(text: str) -> str:
    """The beginning of a growing text that later words cannot change."""
    return text[: max(_ends(text), default=0)].rstrip()


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        end = match.end()
        if not _ABBREVIATED.search(text[max(0, end - _LONGEST_ABBREVIATION) : end]):
            yield end


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = cut if cut > 0 else start + LONGEST
        yield start, cut
        start = cut
        while text[start].isspace():
            start += 1
    if start < end:
        yield start, end
