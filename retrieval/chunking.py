"""Texts to windows that an embedder reads to the end, cut at sentence ends where there are some.

Knows nothing about tokenizers: whoever calls says where the tokens stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from retrieval.embedder import Span

WINDOW_TOKENS = 240
"""Tokens of a window with its title; cutting may split a word into a few more."""
TITLE_TOKENS = 40
"""Tokens of a title that stand before each of its windows."""
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？]|\n\s*")  # noqa: RUF001 - Chinese and Japanese

TokenSpans = Callable[[Sequence[str]], Sequence[Sequence[Span]]]


def fitted_title(title: str, tokens: Sequence[Span]) -> tuple[str, int]:
    """As much of a title as stands before windows, and the number of its tokens."""
    tokens = tokens[:TITLE_TOKENS]
    return (title[: tokens[-1][1]].strip() if tokens else ""), len(tokens)


def windows(text: str, tokens: Sequence[Span], limit: int) -> Iterator[Span]:
    """Stretches of a text of about equal size, none over `limit` tokens, without white space at the ends."""
    ends = {match.end() for match in _SENTENCE_END.finditer(text)}
    first, start = 0, 0
    while len(tokens) - first > limit:
        first = _cut(text, tokens, first, limit, ends)
        yield from _trimmed(text, start, max(start, tokens[first][0]))
        start = max(start, tokens[first][0])
    yield from _trimmed(text, start, len(text))


def _cut(text: str, tokens: Sequence[Span], first: int, limit: int, ends: set[int]) -> int:
    """The token that begins the next window: after a sentence, else a word, else where it must be."""
    rest = len(tokens) - first
    target = first + rest / -(-rest // limit)
    earliest = first + max(1, limit // 2)
    return min(
        range(earliest, first + limit + 1),
        key=lambda i: (_roughness(text, tokens[i][0], ends), abs(i - target)),
    )


def _roughness(text: str, at: int, ends: set[int]) -> int:
    before, after = text[at - 1 : at], text[at : at + 1]
    if at in ends:
        return 0
    if before.isspace():
        return 1
    return 3 if before.isalnum() and after.isalnum() else 2


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
