"""How a store of many vectors builds, finds, filters, deletes and starts.

    python -m benchmarks.index --rows 100000 [--dim 384] [--folder DIR] [--json FILE]

The vectors are synthetic and clustered: in 48 dimensions stand 64 topics (normal, deviation 1), one
centre for every 1,000 rows (0.9 around its topic) and the rows (1.0 around their centre), so that
clusters overlap. They are scaled to length 1, turned into the full space, given noise of length 0.5
there and scaled again: a question's nearest row has a cosine of about 0.66, a random one of 0.01.
Questions are fresh draws around the same centres, none of them stored. A chunk's text is
its number and eight words of a Zipf vocabulary. What is measured after the build runs in a process
of its own, so its memory is that of serving. A cold start is measured twice: after the system was asked
to drop the store's pages from its cache (FAISS is loaded then, too), and again from that cache; all else
comes from the cache. `load` is the mean number of busy processes before the start: where it is not near 0,
only CPU times compare.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import Span, Vectors
from retrieval.store.filters import parse_filter
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.searching import Mode
from retrieval.store.store import Store
from retrieval.store.views import INSPECTION

QUESTIONS = 300
CHUNKS = 100
"""Of a file."""
FILES = 100
"""Of a put."""
SHARES = {"1 %": 1, "10 %": 10, "50 %": 50}
"""Filters by how many files of a hundred pass."""
_BLOCK = 8192
_TOPICS = 64
_LATENT = 48
_WORDS = 8


class Synthetic:
    """An embedder that makes the vector that a text names: `row 7 ...` or `question 7 ...`."""

    def __init__(self, rows: int, dimensions: int) -> None:
        self.name, self.dimensions, self.rows = f"synthetic-{rows}", dimensions, rows
        random = np.random.default_rng(0)
        latent = min(_LATENT, dimensions)
        topics = random.standard_normal((_TOPICS, latent), np.float32)
        self._centres = topics[random.integers(_TOPICS, size=max(1, rows // 1000))]
        self._centres += 0.9 * random.standard_normal(self._centres.shape, np.float32)
        self._frame = np.linalg.qr(random.standard_normal((dimensions, latent)))[0].T.astype(np.float32)
        self._block = lru_cache(maxsize=4)(self._made)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text."""
        named = [text.split(maxsplit=2)[:2] for text in texts]
        return np.stack([self._block(kind, int(n) // _BLOCK)[int(n) % _BLOCK] for kind, n in named])

    def token_spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Nothing here is cut."""
        return [[] for _ in texts]

    def blocks(self) -> Iterator[Vectors]:
        """All rows, block by block."""
        for number in range(-(-self.rows // _BLOCK)):
            yield self._block("row", number)[: self.rows - number * _BLOCK]

    def _made(self, kind: str, number: int) -> Vectors:
        random = np.random.default_rng([kind == "question", number])
        near = self._centres[random.integers(len(self._centres), size=_BLOCK)]
        near = near + random.standard_normal(near.shape, np.float32)
        noise = random.standard_normal((_BLOCK, self.dimensions), np.float32)
        return _scaled(_scaled(near) @ self._frame + 0.5 * _scaled(noise))


def main() -> None:
    """Build a store, then measure it in a process of its own, before and after a delete."""
    options = _options()
    if options.serve:
        print(json.dumps(serve(options.serve, options.rows, options.dim, deleted=options.deleted)))
        return
    folder = Path(tempfile.mkdtemp(prefix="index-", dir=options.folder))
    try:
        machine = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
        report = {"rows": options.rows, "dimensions": options.dim} | machine
        report |= measure(folder, options.rows, options.dim)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def measure(folder: Path, rows: int, dimensions: int) -> dict[str, Any]:
    """The whole life of a store."""
    embedder = Synthetic(rows, dimensions)
    _write_truth(folder, embedder)
    report: dict[str, Any] = {}
    with Store.create(folder / "store", embedder) as store:
        report["ingest_s"] = _timed(lambda: _ingest(store, rows))
        report["build_s"] = _timed(store.compact)
        stats = store.stats()
        report["index"] = [f"{s.index.kind}, {s.rows} rows, {s.index}" for s in stats.segments]
        report["disk_mb"] = stats.bytes >> 20
    report["build_peak_mb"] = _peak_mb()
    report["serving"] = _in_own_process(folder, rows, dimensions)
    with Store.open(folder / "store", embedder) as store:
        gone = [f"file{n}" for n in range(-(-rows // CHUNKS)) if n % 10 == 3]
        report["delete_10_percent_s"] = _timed(lambda: store.delete(gone))
        report["after_delete"] = _in_own_process(folder, rows, dimensions, "--deleted")
        report["compact_s"] = _timed(store.compact)
    return report


def serve(folder: Path, rows: int, dimensions: int, *, deleted: bool) -> dict[str, Any]:
    """Open a store and ask it; `deleted` says that a tenth of its files is gone."""
    embedder = Synthetic(rows, dimensions)
    questions = [f"question {n} word{n % 50} word{n % 777}" for n in range(QUESTIONS)]
    embedder.embed(questions)
    _forget_pages(folder / "store")
    report: dict[str, Any] = {
        f"cold_start_{place}": _cold_start(folder / "store", embedder, questions[0])
        for place in ("from_disk", "from_page_cache")
    }
    with Store.open(folder / "store", embedder) as store:
        truth = np.load(folder / f"{'deleted' if deleted else 'all'}.npy")
        report["recall@10"] = _recall(store, questions, truth)
        report["dense"] = _latency(store, questions, "dense")
        report["dense_8_callers"] = _latency(store, questions, "dense", callers=8)
        report["lexical"] = _latency(store, questions, "lexical")
        report["hybrid"] = _latency(store, questions, "hybrid")
        for name, percent in {} if deleted else SHARES.items():
            wanted = {"type": "lt", "key": "part", "value": percent}
            report[f"filter {name}"] = _latency(store, questions, "dense", wanted) | {
                "recall@10": _recall(store, questions, np.load(folder / f"{name}.npy"), wanted)
            }
    report["peak_rss_mb"] = _peak_mb()
    return report


def _cold_start(folder: Path, embedder: Synthetic, question: str) -> dict[str, float]:
    """Seconds until a store gives its first answer, and until its caches were read through."""
    started, worked = time.perf_counter(), time.process_time()
    with Store.open(folder, embedder) as store:
        store.search(question, mode="dense")
        wall, cpu = time.perf_counter() - started, time.process_time() - worked
    for thread in threading.enumerate():
        if thread.name == INSPECTION:
            thread.join()
    return {
        "s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "checked_after_s": round(time.perf_counter() - started, 2),
    }


def _forget_pages(folder: Path) -> None:
    """Let the system drop what it keeps of files in memory; pages that were not written yet stay."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _ingest(store: Store, rows: int) -> None:
    step = CHUNKS * FILES
    for first in range(0, rows, step):
        store.put([_file(n, rows) for n in range(first // CHUNKS, -(-min(rows, first + step) // CHUNKS))])


def _file(number: int, rows: int) -> NewFile:
    random = np.random.default_rng([2, number])
    first, last = number * CHUNKS, min(rows, (number + 1) * CHUNKS)
    words = np.minimum(random.zipf(1.3, size=(last - first, _WORDS)), 100_000)
    texts = [f"row {row} " + " ".join(f"word{w}" for w in words[row - first]) for row in range(first, last)]
    ends = np.cumsum([len(text) for text in texts]).tolist()
    chunks = [NewChunk(end - len(text), end) for text, end in zip(texts, ends, strict=True)]
    return NewFile(f"file{number}", f"file{number}", "".join(texts), chunks, "", {"part": number % 100})


def _write_truth(folder: Path, embedder: Synthetic) -> None:
    """The exact ten nearest rows of each question, of all rows and of those that filters leave."""
    questions = embedder.embed([f"question {n}" for n in range(QUESTIONS)])
    passing: dict[str, Callable[[NDArray[np.int64]], NDArray[np.bool_]]] = {
        "all": lambda files: files >= 0,
        "deleted": lambda files: files % 10 != 3,
    }
    passing |= {name: partial(_in_share, share) for name, share in SHARES.items()}
    best = {name: (np.empty((QUESTIONS, 0), np.float32), np.empty((QUESTIONS, 0), int)) for name in passing}
    for number, block in enumerate(embedder.blocks()):
        rows = np.arange(number * _BLOCK, number * _BLOCK + len(block))
        products = questions @ block.T
        for name, passes in passing.items():
            kept = passes(rows // CHUNKS)
            scores = np.concatenate([best[name][0], products[:, kept]], axis=1)
            numbers = np.concatenate([best[name][1], np.tile(rows[kept], (QUESTIONS, 1))], axis=1)
            order = np.argpartition(-scores, min(10, scores.shape[1] - 1), axis=1)[:, :10]
            best[name] = np.take_along_axis(scores, order, 1), np.take_along_axis(numbers, order, 1)
    for name, (_, numbers) in best.items():
        np.save(folder / f"{name}.npy", numbers)


def _in_share(percent: int, files: NDArray[np.int64]) -> NDArray[np.bool_]:
    return files % 100 < percent


def _recall(
    store: Store, questions: Sequence[str], truth: NDArray[np.int64], wanted: dict[str, Any] | None = None
) -> float:
    filters, hits = parse_filter(wanted) if wanted else None, 0
    for question, expected in zip(questions, truth, strict=True):
        found = store.search(question, 10, mode="dense", filters=filters)
        hits += len({int(one.chunk.text.split()[1]) for one in found} & set(expected.tolist()))
    return round(hits / truth.size, 4)


def _latency(
    store: Store, questions: Sequence[str], mode: Mode, wanted: dict[str, Any] | None = None, callers: int = 1
) -> dict[str, float]:
    filters = parse_filter(wanted) if wanted else None

    def ask(question: str) -> float:
        started = time.perf_counter()
        store.search(question, 10, mode=mode, filters=filters)
        return time.perf_counter() - started

    started, worked = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(callers) as pool:
        times = list(pool.map(ask, questions))
    cpu_ms = (time.process_time() - worked) / len(times) * 1000
    p50, p95 = np.percentile(times, [50, 95]) * 1000
    rate = len(times) / (time.perf_counter() - started)
    latency = {"p50_ms": p50, "p95_ms": p95, "cpu_ms": cpu_ms, "per_s": rate}
    return {name: round(float(value), 2) for name, value in latency.items()}


def _in_own_process(folder: Path, rows: int, dimensions: int, *flags: str) -> dict[str, Any]:
    sizes = ["--rows", str(rows), "--dim", str(dimensions)]
    command = [sys.executable, "-m", "benchmarks.index", "--serve", str(folder), *sizes, *flags]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return result


def _peak_mb() -> int:
    """Most memory that this process ever had resident, mapped files included; Linux only."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) >> 10


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return round(time.perf_counter() - started, 1)


def _scaled(vectors: Vectors) -> Vectors:
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=100_000, help="vectors to store")
    parser.add_argument("--dim", type=int, default=384, help="numbers of a vector")
    parser.add_argument(
        "--folder", type=Path, help="where the store is made; a temporary folder if not given"
    )
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--deleted", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
