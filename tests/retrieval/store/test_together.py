"""Several threads and processes on one folder."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.compaction import alone
from retrieval.store.errors import StoreBusyError
from retrieval.store.filters import parse_filter
from retrieval.store.limits import Limits
from retrieval.store.store import DATABASE, Store

LIMITS = Limits(tail=8, flat=40, scan=4, wait_s=0.2)
PATIENT = Limits(tail=8, flat=40, scan=4, wait_s=60)
ROOT = Path(__file__).parents[3]


def test_a_second_store_sees_each_write_of_the_first(tmp_path: Path, embedder, make_file) -> None:
    with Store.create(tmp_path, embedder, LIMITS) as writer, Store.open(tmp_path, embedder, LIMITS) as reader:
        for n in range(30):
            writer.put([make_file(f"f{n}", f"unique{n} here", f"other{n} there")])
            assert reader.search(f"unique{n}", 1)[0].file_id == f"f{n}"
            if n % 7 == 6:
                writer.delete([f"f{n}"])
                assert reader.search(f"unique{n}", mode="lexical") == []
            if n % 10 == 9:
                writer.compact()
                assert reader.search("unique3", 1)[0].file_id == "f3"


def test_a_second_writer_waits_for_so_long_and_then_says_so(tmp_path: Path, embedder, make_file) -> None:
    with Store.create(tmp_path, embedder, LIMITS) as two:
        rival = sqlite3.connect(tmp_path / DATABASE)
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError, match=r"0\.2 s"):
            two.put([make_file("a", "text")])
        rival.close()
        assert two.search("text") == []
        two.put([make_file("a", "text")])


def test_one_compaction_at_a_time(tmp_path: Path, embedder) -> None:
    with (
        Store.create(tmp_path, embedder, LIMITS) as store,
        alone(tmp_path),
        pytest.raises(StoreBusyError, match="being compacted"),
    ):
        store.compact()


class Searching:
    """A thread that asks for the file that stays until it is told to end."""

    def __init__(self, store: Store) -> None:
        self.problems: list[object] = []
        self._store, self._over = store, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                for mode in ("dense", "lexical"):
                    found = [one.chunk.text for one in self._store.search("stays", 5, mode=mode)]
                    if found.count("this one stays") != 1:
                        self.problems.append(found)
        except Exception as error:  # noqa: BLE001 - reported by the test
            self.problems.append(error)

    def end(self) -> None:
        self._over.set()
        self._thread.join()


def test_searches_run_while_files_come_and_go(tmp_path: Path, embedder, make_file) -> None:
    """A file that stays is always found, whole and once."""
    with Store.create(tmp_path, embedder, PATIENT) as store:
        store.put([make_file("stays", "this one stays")])
        searching = [Searching(store) for _ in range(3)]
        for n in range(40):
            store.put([make_file(f"f{n % 9}", f"passing guest number{n}", f"another{n % 5}")])
            if n % 8 == 7:
                store.delete([f"f{n % 9}"])
                store.compact()
        for each in searching:
            each.end()
        store.verify()
        assert [each.problems for each in searching] == [[], [], []]


def test_the_log_shrinks_though_searches_never_end(tmp_path: Path, embedder, make_file) -> None:
    log = tmp_path / f"{DATABASE}-wal"
    with Store.create(tmp_path, embedder, PATIENT) as store:
        searching = [Searching(store) for _ in range(2)]
        for n in range(10):
            file = make_file("stays", "this one stays")
            store.put([replace(file, text=file.text + "x" * 100_000 * n)])
        before = log.stat().st_size
        store.compact()
        for each in searching:
            each.end()
        assert log.stat().st_size < before / 4


def test_many_may_create_a_store_at_once(tmp_path: Path, embedder) -> None:
    made: list[object] = []

    def create(folder: Path) -> None:
        try:
            with Store.create(folder, embedder, PATIENT) as store:
                made.append(store.files())
        except Exception as error:  # noqa: BLE001 - reported by the test
            made.append(error)

    for round in range(5):
        threads = [threading.Thread(target=create, args=(tmp_path / str(round),)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert made == [[]] * 30


def test_threads_write_one_after_another(tmp_path: Path, embedder, make_file) -> None:
    with Store.create(tmp_path, embedder, PATIENT) as store:
        threads = [
            threading.Thread(target=lambda n=n: store.put([make_file(f"f{n}", f"shared words {n % 3}")]))
            for n in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.files()) == 20 and store.stats().passages == 3
        store.verify()


def test_many_may_open_a_new_store_at_once(tmp_path: Path, embedder, make_file) -> None:
    for attempt in range(10):
        folder, together = tmp_path / str(attempt), threading.Barrier(8)

        def write(n: int, folder: Path = folder, together: threading.Barrier = together) -> None:
            together.wait()
            with Store.create(folder, embedder, PATIENT) as store:
                store.put([make_file(f"file{n}", "plum")])

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
        with Store.open(folder, embedder, LIMITS) as store:
            assert len(store.files()) == 8


def test_two_processes_write_and_compact_on_one_folder(tmp_path: Path) -> None:
    """Both are done, and nothing is lost or doubled."""
    program = """
import sys
from pathlib import Path
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.errors import StoreBusyError
from retrieval.store.filters import parse_filter
from retrieval.store.limits import Limits
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import DATABASE, Store
with Store.create(Path(sys.argv[1]), HashingEmbedder(48), Limits(tail=8, flat=40, wait_s=60)) as store:
    for n in range(25):
        text = f"{sys.argv[2]}{n} common{n % 4}"
        chunks = [NewChunk(0, len(text)), NewChunk(text.index("common"), len(text))]
        store.put([NewFile(f"{sys.argv[2]}{n}", "name", text, chunks)])
        if n % 5 == 4:
            store.delete([f"{sys.argv[2]}{n}"])
            try:
                store.compact()
            except StoreBusyError:
                pass
"""
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    both = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name], env=env)
        for name in ("left", "right")
    ]
    assert [process.wait(100) for process in both] == [0, 0]
    with Store.open(tmp_path, HashingEmbedder(48), LIMITS) as store:
        store.verify()
        expected = {f"{name}{n}" for name in ("left", "right") for n in range(25) if n % 5 != 4}
        assert {file.id for file in store.files()} == expected
        found = store.search("common1", 200, mode="lexical")
        assert len(found) == len({(one.file_id, one.chunk.number) for one in found})
        assert {one.file_id for one in found} == {id for id in expected if store.text(id).endswith("common1")}


def resident() -> int:
    """Bytes of this process that lie in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def texts(n: int) -> list[str]:
    return [f"word{n * i % 97} thing{i}" for i in range(20)]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_searches_need_no_more_memory_than_a_thousand(tmp_path: Path, make_file) -> None:
    embedder = HashingEmbedder(64)
    with Store.create(tmp_path, embedder, Limits(tail=64, flat=500)) as store:
        store.put([make_file(f"f{n}", *texts(n), attributes={"n": n}) for n in range(60)])
        store.compact()
        sizes = []
        for n in range(10_000):
            small = parse_filter({"type": "lt", "key": "n", "value": n % 70})
            store.search(f"word{n} thing{n % 20} never{n}", 10, filters=small if n % 3 else None)
            if n % 20 == 0:
                store.put([make_file("changing", f"text number {n}")])
            if n % 1000 == 999:
                sizes.append(resident())
        assert sizes[-1] - sizes[1] < 16 << 20
