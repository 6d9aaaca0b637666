from __future__ import annotations

from itertools import pairwise

from retrieval.store.records import NewFile
from retrieval.store.store import SEGMENTS, Store


def put(store: Store, make_file, first: int, last: int) -> None:
    files: list[NewFile] = [make_file(f"f{n}", f"unique{n} lies in place{n % 7}") for n in range(first, last)]
    store.put(files)


def test_sizes_double_from_segment_to_segment(store: Store, make_file) -> None:
    for round in range(12):
        put(store, make_file, 10 * round, 10 * round + 10)
        store.compact()
        sizes = sorted(segment.rows for segment in store.stats().segments)
        assert all(larger >= 2 * smaller for smaller, larger in pairwise(sizes))
    assert len(sizes) <= 4
    assert sum(sizes) + store.stats().tail == 120


def test_drops_the_dead_only_where_there_are_many(store: Store, make_file) -> None:
    put(store, make_file, 0, 100)
    put(store, make_file, 100, 101)
    store.compact()
    store.delete([f"f{n}" for n in range(19)])
    assert store.compact().dropped == 0
    store.delete(["f19"])
    assert store.compact().dropped == 20
    assert store.stats().segments[0].rows == store.stats().segments[0].live == 80
    store.verify()


def test_nothing_is_left_of_a_store_that_lost_all_its_files(store: Store, make_file) -> None:
    put(store, make_file, 0, 30)
    put(store, make_file, 30, 31)
    store.delete([f"f{n}" for n in range(31)])
    put(store, make_file, 50, 61)
    store.delete([f"f{n}" for n in range(50, 61)])
    store.compact()
    assert list((store.folder / SEGMENTS).iterdir()) == []
    assert store.search("unique3 lies") == [] and store.stats().passages == 0
    store.verify()


def test_sweeps_away_what_no_row_lists(store: Store, make_file) -> None:
    put(store, make_file, 0, 10)
    put(store, make_file, 10, 12)
    left_behind = [store.folder / SEGMENTS / name for name in ("a.vectors", "b.words", "c.lists.12.part")]
    for path in left_behind:
        path.write_bytes(b"x")
    store.compact()
    assert not any(path.exists() for path in left_behind)
    assert len(store.search("lies", 50, mode="lexical")) == 12
