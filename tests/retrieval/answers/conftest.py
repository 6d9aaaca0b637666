"""A store of short files, and readers without weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.answers.calibration import Calibration
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.parents import StaticStrategy, children
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store

TEXTS = {
    "tower.txt": "The Ravel Tower was opened in 1931. It is 212 metres high.\n\nDr. Ames designed its lifts.",
    "bridge.txt": "The Ostend Bridge crosses the river Vey. The bridge was opened in 1958.",
    "library.txt": "The town library lends 40,000 books. Members pay twelve crowns a year.",
}


def plain(reader: str, threshold: float = 0.5) -> Calibration:
    """Confidence rises with relevance and support alike."""
    weights = {"relevance": 4.0, "support": 4.0}
    return Calibration(reader, weights, -5.0, threshold, 0.2, 100, 0.1, 0.5)  # type: ignore[arg-type]


def put(store: Store, name: str, text: str, embedder: HashingEmbedder, pages: tuple[int, ...] = ()) -> None:
    cut = children(text, name, pages, embedder.token_spans, StaticStrategy(100, 50))
    chunks = [
        NewChunk(one.start, one.end, one.title, one.pages[0] if one.pages else None, one.parent)
        for one in cut
    ]
    store.put([NewFile(f"file-{name.partition('.')[0]}", name, text, chunks, pages=pages)])


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder(128)


@pytest.fixture
def store(tmp_path: Path, embedder: HashingEmbedder) -> Iterator[Store]:
    with Store.create(tmp_path / "store", embedder) as made:
        for name, text in TEXTS.items():
            put(made, name, text, embedder)
        yield made
