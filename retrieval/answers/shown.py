"""What a reader is shown of the files: windows that a search found, or the spans around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.answers.records import Citation, Source
from retrieval.answers.support import Grounds, Support
from retrieval.embedder import Span
from retrieval.parents import page_at
from retrieval.store.records import Found
from retrieval.store.store import Store


@dataclass(frozen=True, slots=True)
class Shown:
    """A stretch of a file; `text_of_file[start : start + len(text)] == text`."""

    store: Store
    found: Found
    start: int
    text: str

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.found.chunk.title

    def cite(self, span: Span, score: float, supports: Span) -> Citation:
        """A citation of a span of this text."""
        start, end = self.start + span[0], self.start + span[1]
        return Citation(
            file_id=self.found.file_id,
            filename=self.found.file_name,
            start=start,
            end=end,
            page=self._page(start),
            quote=self.text[slice(*span)],
            score=round(score, 4),
            supports=supports,
        )

    def _page(self, start: int) -> int | None:
        pages = self.found.pages
        return page_at(start, pages) if pages else self.found.chunk.page

    def source(self) -> Source:
        """The same without the store."""
        found, chunk = self.found, self.found.chunk
        return Source(
            file_id=found.file_id,
            filename=found.file_name,
            attributes=found.attributes,
            score=found.score,
            start=chunk.start,
            end=chunk.end,
            page=chunk.page,
            text=chunk.text,
        )


def as_windows(store: Store, found: Sequence[Found]) -> list[Shown]:
    """The windows themselves."""
    return [Shown(store, one, one.chunk.start, one.chunk.text) for one in found]


def as_spans(windows: Sequence[Shown]) -> list[Shown]:
    """The spans around windows, each once, in the order of their best windows."""
    best: dict[tuple[str, Span], Shown] = {}
    for one in windows:
        best.setdefault((one.found.file_id, one.found.chunk.context), one)
    return [
        Shown(one.store, one.found, start, one.store.text(file, start, end))
        for (file, (start, end)), one in best.items()
    ]


def grounds(question: str, shown: Sequence[Shown]) -> Grounds:
    """What an answer to the question can be held against."""
    return Grounds(question, [(one.title, one.text) for one in shown])


def citations(shown: Sequence[Shown], supports: Sequence[Support]) -> tuple[Citation, ...]:
    """The quotes that support an answer, in its order."""
    return tuple(
        shown[quote.passage].cite(quote.span, support.share, support.span)
        for support in supports
        for quote in support.quotes
    )
