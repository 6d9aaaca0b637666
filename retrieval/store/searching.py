"""A search from questions to chunks: ranked, fused, filtered and looked up, in one state of the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from retrieval.embedder import Vectors
from retrieval.search import LEXICAL_WEIGHT, Ranking, blend
from retrieval.store.bm25 import best_words
from retrieval.store.files import ChunkRow, chunks_of_passage, read_files, stored_chunk
from retrieval.store.filters import Filter, matching_files
from retrieval.store.fusion import reciprocal_ranks, strongest
from retrieval.store.nearest import nearest
from retrieval.store.records import Found, StoredFile
from retrieval.store.schema import facts
from retrieval.store.view import View, Wanted

Mode = Literal["hybrid", "rrf", "dense", "lexical"]
"""hybrid: scores blended; rrf: ranks fused; dense: by meaning alone; lexical: by words alone."""
DEPTH = 100
"""Passages that each kind of search hands to the fusion."""
_FILTERS = 8
"""Filters whose rows are kept; a bit map of a large store takes megabytes."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for."""

    texts: tuple[str, ...]
    """One question, or several ways to ask it."""
    k: int = 10
    mode: Mode = "hybrid"
    filters: Filter | None = None
    threshold: float | None = None
    """Chunks with a lower score are left out."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    fused: Ranking
    dense: Ranking
    lexical: Ranking


@dataclass(frozen=True, slots=True)
class Searcher:
    """A view with the connection that saw it."""

    view: View
    connection: sqlite3.Connection
    scan: int
    """The most matching rows of a part that are looked at one by one."""

    def search(self, query: Query, vectors: Vectors) -> list[Found]:
        """The best chunks, best first; `vectors` are those of the texts, and are not read in lexical mode."""
        wanted = None if query.filters is None else self._wanted(query.filters)
        ranked = self._rank(query, vectors, wanted)
        floor = -np.inf if query.threshold is None else query.threshold
        ranking = [(number, score) for number, score in ranked.fused if score >= floor]
        return self._look_up(ranking, ranked, wanted, query.k)

    def pair(self, text: str, vector: Vectors) -> tuple[Ranking, Ranking]:
        """What each kind of search finds for a question: dense, lexical."""
        return self._dense(vector, DEPTH, None), best_words(self.view, text, DEPTH, None)

    def owners(self, passage: int) -> frozenset[str]:
        """Ids of the files that hold a passage."""
        rows = self.connection.execute(
            "SELECT DISTINCT files.id FROM chunks JOIN files ON files.number = chunks.file WHERE passage = ?",
            (passage,),
        )
        return frozenset(id for (id,) in rows)

    def _wanted(self, filters: Filter) -> Wanted:
        kept, name = self.view.filtered, repr(filters)  # Not the filter itself: True would equal 1.
        wanted = kept.get(name) or self.view.wanted(matching_files(self.connection, filters))
        if len(kept) >= _FILTERS:
            kept.clear()
        kept[name] = wanted
        return wanted

    def _rank(self, query: Query, vectors: Vectors, wanted: Wanted | None) -> _Ranked:
        depth = query.k if query.mode in ("dense", "lexical") else max(query.k, DEPTH)
        dense: list[Ranking] = [[] for _ in query.texts]
        lexical: list[Ranking] = [[] for _ in query.texts]
        if query.mode != "lexical":
            dense = [self._dense(vector, depth, wanted) for vector in vectors]
        if query.mode != "dense":
            lexical = [best_words(self.view, text, depth, wanted) for text in query.texts]
        fused = self._fuse(query.mode, dense, lexical)
        return _Ranked(fused, strongest(dense), strongest(lexical))

    def _fuse(self, mode: Mode, dense: Sequence[Ranking], lexical: Sequence[Ranking]) -> Ranking:
        if mode == "rrf":
            return reciprocal_ranks([*dense, *lexical])
        if mode != "hybrid":
            return strongest(dense if mode == "dense" else lexical)
        fitted = facts(self.connection).lexical_weight
        weight = LEXICAL_WEIGHT if fitted is None else fitted
        return strongest([blend(d, w, weight) for d, w in zip(dense, lexical, strict=True)])

    def _dense(self, vector: Vectors, k: int, wanted: Wanted | None) -> Ranking:
        return nearest(self.view, vector, k, wanted, self.scan)

    def _look_up(self, ranking: Ranking, ranked: _Ranked, wanted: Wanted | None, k: int) -> list[Found]:
        similarity, words = dict(ranked.dense), dict(ranked.lexical)
        known: dict[int, StoredFile] = {}
        found = []
        for passage, score, row in islice(self._rows(ranking, wanted), k):
            file = known.get(row[0]) or read_files(self.connection, row[0])[0]
            known[row[0]] = file
            chunk = stored_chunk(self.connection, row)
            dense, lexical = similarity.get(passage), words.get(passage)
            found.append(Found(file.id, file.name, file.attributes, chunk, score, dense, lexical, file.pages))
        return found

    def _rows(self, ranking: Ranking, wanted: Wanted | None) -> Iterator[tuple[int, float, ChunkRow]]:
        for passage, score in ranking:
            for row in chunks_of_passage(self.connection, passage):
                if wanted is None or row[0] in wanted.files:
                    yield passage, score, row
