"""A file's text cut twice: into windows that are embedded, and into longer spans around them that are read.

The windows lie side by side, so each word is embedded once; spans are runs of whole windows and overlap, so
that what stands at the edge of one stands inside the next. Knows nothing about tokenizers or stores.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from math import ceil

from retrieval.chunking import WINDOW_TOKENS, TokenSpans, fitted_title, windows
from retrieval.embedder import Span
from retrieval.errors import ChunkingStrategyError

MIN_SIZE_TOKENS, MAX_SIZE_TOKENS = 100, 4096
_SECTION = 50_000
"""Characters that are tokenized in one go, so that a book takes no more memory than a chapter."""
_SECTIONS = 8


@dataclass(frozen=True, slots=True)
class StaticStrategy:
    """How long the spans are that are read; OpenAI's static chunking strategy and its defaults.

    Raises:
        ChunkingStrategyError: the size is not within 100 and 4096, or the overlap over half of it.
    """

    max_chunk_size_tokens: int = 800
    chunk_overlap_tokens: int = 400
    """The most that two neighbours share; they share whole windows, so sometimes less."""

    def __post_init__(self) -> None:
        if not MIN_SIZE_TOKENS <= self.max_chunk_size_tokens <= MAX_SIZE_TOKENS:
            raise ChunkingStrategyError(
                f"max_chunk_size_tokens is {self.max_chunk_size_tokens}; "
                f"choose one from {MIN_SIZE_TOKENS} to {MAX_SIZE_TOKENS}."
            )
        if not 0 <= self.chunk_overlap_tokens <= self.max_chunk_size_tokens / 2:
            raise ChunkingStrategyError(
                f"chunk_overlap_tokens is {self.chunk_overlap_tokens}; "
                f"choose one from 0 to half of max_chunk_size_tokens, {self.max_chunk_size_tokens // 2}."
            )

    def window_tokens(self, most: int) -> int:
        """The largest windows, of `most` tokens or fewer, that fill a step from span to span evenly."""
        step = self.max_chunk_size_tokens - self.chunk_overlap_tokens
        return step // ceil(step / most)


AUTO = StaticStrategy()


@dataclass(frozen=True, slots=True)
class Child:
    """A window of a text with the span around it; both exclude white space at their ends."""

    start: int
    end: int
    title: str
    """What stands before the window when it is embedded or indexed."""
    parent: Span
    """Where the span stands that is read for it; among those that hold the window, the one around it best."""
    pages: Span | None
    """Numbers of the first and the last page of the window, from 1; None where the format has no pages."""


def children(
    text: str, title: str, pages: Sequence[int], token_spans: TokenSpans, strategy: StaticStrategy = AUTO
) -> list[Child]:
    """Windows that together hold all text but white space, each at most 240 tokens with its title.

    Args:
        text: what all offsets refer to.
        title: stands before each window, cut to 40 tokens.
        pages: where pages start in the text, in order; empty where there are none.
        token_spans: where the tokens of texts stand.
        strategy: how long the parents are.

    """
    heading, used = fitted_title(title, token_spans([title])[0])
    limit = strategy.window_tokens(WINDOW_TOKENS - used)
    found, sizes = [], []
    for window, size in _sized_windows(text, token_spans, limit):
        found.append(window)
        sizes.append(size)
    parents = _parents(found, sizes, strategy)
    return [
        Child(start, end, heading, parent, _page_numbers(start, end, pages))
        for (start, end), parent in zip(found, parents, strict=True)
    ]


def _sized_windows(text: str, token_spans: TokenSpans, limit: int) -> Iterator[tuple[Span, int]]:
    """Windows of the whole text with the number of their tokens."""
    remaining = _sections(text)
    while sections := list(islice(remaining, _SECTIONS)):
        parts = [text[start:end] for start, end in sections]
        for (offset, _), part, tokens in zip(sections, parts, token_spans(parts), strict=True):
            firsts = [first for first, _ in tokens]
            for start, end in windows(part, tokens, limit):
                size = bisect_left(firsts, end) - bisect_left(firsts, start)
                yield (offset + start, offset + end), size


def _sections(text: str) -> Iterator[Span]:
    """Stretches of the text that end with a line, else with a sentence or a word, where there is one."""
    start = 0
    while len(text) - start > _SECTION:
        end = start + _SECTION
        cuts = (text.rfind(mark, start + _SECTION // 2, end) for mark in ("\n", ". ", " "))
        end = next((cut + 1 for cut in cuts if cut >= 0), end)
        yield start, end
        start = end
    yield start, len(text)


def _parents(found: Sequence[Span], sizes: Sequence[int], strategy: StaticStrategy) -> list[Span]:
    """For each window, of the spans that hold it, the one whose middle is nearest to its own."""
    best: list[Span] = list(found)
    distances = [float("inf")] * len(found)
    for first, last in _runs(sizes, strategy):
        start, end = found[first][0], found[last - 1][1]
        for i in range(first, last):
            distance = abs(start + end - sum(found[i]))
            if distance < distances[i]:
                best[i], distances[i] = (start, end), distance
    return best


def _runs(sizes: Sequence[int], strategy: StaticStrategy) -> Iterator[Span]:
    """Runs of windows within the size, each beginning within the overlap before the end of the last."""
    ends = [0, *accumulate(sizes)]
    first = last = 0
    while last < len(sizes):
        last = max(last + 1, bisect_right(ends, ends[first] + strategy.max_chunk_size_tokens) - 1)
        yield first, last
        first = max(first + 1, bisect_left(ends, ends[last] - strategy.chunk_overlap_tokens))


def _page_numbers(start: int, end: int, pages: Sequence[int]) -> Span | None:
    return (page_at(start, pages), page_at(end - 1, pages)) if pages else None


def page_at(place: int, pages: Sequence[int]) -> int:
    """The number of the page that a character stands on, from 1; `pages` is where they start."""
    return max(1, bisect_right(pages, place))
