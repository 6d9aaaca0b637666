"""The vector stores that the engine holds open."""

from __future__ import annotations

import gc
import shutil
import weakref
from pathlib import Path

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.store import Store
from service.engine.shelves import Shelves


def test_a_deleted_store_is_let_go_of_with_its_room_on_the_disk(tmp_path: Path) -> None:
    for name in ("gone", "other"):
        Store.create(tmp_path / name, HashingEmbedder()).close()
    shelves = Shelves(HashingEmbedder, lambda name: tmp_path / name)
    held = weakref.ref(shelves.store("gone"))
    gc.collect()
    assert held() is not None
    shutil.rmtree(tmp_path / "gone")
    shelves.store("other")
    gc.collect()
    assert held() is None
