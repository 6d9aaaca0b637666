"""How fast a server ingests and finds, and how quick it stays meanwhile, asked with the stock client.

    python -m benchmarks.rag_http [--tasks DIR] [--task NAME] [--documents N] [--json FILE]

Documents of a task are uploaded as files and put into a vector store in one batch; `/health` is asked fifty
times a second until all are searchable. Then the task's questions are asked, by one client and by 16.
`load` is the mean number of busy processes before the start: where it is not near 0, only figures of one
machine at one time compare, and the processor's time for each search, of the server and of the client.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Manager, Pool
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import httpx
import numpy as np
import openai

from service.processes.started import Running, started_server

CLIENTS = (1, 16)
QUESTIONS = 200
PROBE_SECONDS = 0.02


def main() -> None:
    """Measure, and print a line for each part."""
    options = _options()
    folder = options.tasks / options.task
    documents = _rows(folder / "corpus.jsonl")[: options.documents]
    questions = [sample["input"] for sample in _rows(folder / "samples.jsonl")][:QUESTIONS]
    with TemporaryDirectory() as data_dir, started_server(Path(data_dir)) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none")
        report = {"task": options.task, **measure(client, server, documents, questions)}
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def measure(
    client: openai.OpenAI, server: Running, documents: Sequence[dict[str, Any]], questions: Sequence[str]
) -> dict[str, Any]:
    """Ingest, then search."""
    load = round(os.getloadavg()[0], 1)
    store = client.vector_stores.create(name="benchmark").id
    # The process that ingests is started before, so that its start does not count.
    client.vector_stores.files.upload_and_poll(vector_store_id=store, file=("warm.txt", b"warm up"))
    idle = _probed(server.url, lambda: time.sleep(5))[1]
    seconds, busy = _probed(server.url, lambda: _ingest(client, store, documents))
    found = {f"{clients} clients": _ask(client, store, questions, clients, server.pid) for clients in CLIENTS}
    return {
        "load": load,
        "documents": len(documents),
        "documents_per_second": round(len(documents) / seconds, 1),
        "health_idle": idle,
        "health_while_ingesting": busy,
        "questions": len(questions),
        "search": found,
    }


def _ingest(client: openai.OpenAI, store: str, documents: Sequence[dict[str, Any]]) -> None:
    files = [
        (f"{number}.md", f"# {row['title']}\n\n{row['text']}".encode())
        for number, row in enumerate(documents)
    ]
    batch = client.vector_stores.file_batches.upload_and_poll(store, files=files, max_concurrency=8)
    if batch.file_counts.completed != len(documents):
        raise SystemExit(f"not all documents were ingested: {batch.file_counts}")


def _probed(url: str, work: Callable[[], None]) -> tuple[float, dict[str, float]]:
    """Seconds that the work took, and what /health took meanwhile, in milliseconds."""
    with Pool(1) as pool, Manager() as manager:
        done = manager.Event()
        probed = pool.apply_async(_probe, (url, done))
        began = time.perf_counter()
        try:
            work()
        finally:
            seconds = time.perf_counter() - began
            done.set()
        return seconds, _milliseconds(probed.get())


def _probe(url: str, done: Event) -> list[float]:
    """In a process of its own, which does not wait for the uploading one."""
    took = []
    with httpx.Client() as http:
        while not done.wait(PROBE_SECONDS):
            began = time.perf_counter()
            http.get(f"{url}/health").raise_for_status()
            took.append(time.perf_counter() - began)
    return took


def _ask(
    client: openai.OpenAI, store: str, questions: Sequence[str], clients: int, pid: int
) -> dict[str, float]:
    took: list[float] = []

    def ask(question: str) -> None:
        began = time.perf_counter()
        client.vector_stores.search(store, query=question)
        took.append(time.perf_counter() - began)

    ask(questions[0])
    took.clear()
    began, worked, asked = time.perf_counter(), _cpu_seconds(pid), time.process_time()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, questions))
    rate = len(questions) / (time.perf_counter() - began)
    cpu = {"server_cpu_ms": _cpu_seconds(pid) - worked, "client_cpu_ms": time.process_time() - asked}
    each = {name: round(seconds * 1000 / len(questions), 1) for name, seconds in cpu.items()}
    return {**_milliseconds(took), "per_second": round(rate, 1), **each}


def _cpu_seconds(pid: int) -> float:
    """What a process and those below it have used of the processor; Linux only."""
    process = Path(f"/proc/{pid}")
    used = process.joinpath("stat").read_text("utf-8").rpartition(")")[2].split()[11:13]
    below = process.joinpath(f"task/{pid}/children").read_text("utf-8").split()
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK") + sum(_cpu_seconds(int(child)) for child in below)


def _milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    parts = {"p50": 50, "p95": 95, "p99": 99}
    return {name: round(float(np.percentile(seconds, part)) * 1000, 1) for name, part in parts.items()}


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tasks", type=Path, default=Path("tasks"), help="folder of task folders")
    parser.add_argument("--task", default="coronavirus_research_qa")
    parser.add_argument("--documents", type=int, default=1000, help="at most so many")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
