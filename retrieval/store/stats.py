"""What a store holds, how it is indexed and how well that was measured to find."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from retrieval.store.caches import IndexFacts
from retrieval.store.schema import facts
from retrieval.store.view import View


@dataclass(frozen=True, slots=True)
class SegmentStats:
    """A segment."""

    rows: int
    live: int
    """Rows that some chunk holds."""
    index: IndexFacts


@dataclass(frozen=True, slots=True)
class Stats:
    """A store."""

    embedder: str
    dimensions: int
    generation: int
    files: int
    chunks: int
    passages: int
    """Different texts among the chunks."""
    tail: int
    """Fresh vectors that are not sealed."""
    segments: tuple[SegmentStats, ...]
    recall: float
    """Recall@10 against exact search, measured per segment, the mean over all live vectors."""
    lexical_weight: float | None
    """Fitted to labelled questions; None until then."""
    bytes: int
    """On the disk."""


def gather(connection: sqlite3.Connection, view: View, root: Path) -> Stats:
    """The figures of one generation."""
    now = facts(connection)
    *sealed, tail = view.parts
    weighted = sum(part.facts.recall * part.live_rows for part in view.parts)
    return Stats(
        embedder=now.embedder,
        dimensions=now.dimensions,
        generation=now.generation,
        files=connection.execute("SELECT count(*) FROM files").fetchone()[0],
        chunks=sum(len(held) for held in view.files.values()),
        passages=view.live_rows,
        tail=len(tail.numbers),
        segments=tuple(SegmentStats(len(p.numbers), p.live_rows, p.facts) for p in sealed),
        recall=weighted / view.live_rows if view.live_rows else 1.0,
        lexical_weight=now.lexical_weight,
        bytes=sum(_size(path) for path in root.rglob("*")),
    )


def _size(path: Path) -> int:
    """Bytes of a file; none of a folder, or of a file that was merged away a moment ago."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
