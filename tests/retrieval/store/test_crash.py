"""kill -9 at random moments, then the store against what its writer said."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.filters import parse_filter
from retrieval.store.limits import Limits
from retrieval.store.store import SEGMENTS, Store

WRITER = Path(__file__).with_name("crashing_writer.py")
LIMITS = Limits(tail=24, flat=60, scan=10, wait_s=5)
Truth = dict[str, tuple[tuple[str, ...], int]]
"""Chunks and the attribute n of each file."""


class Writer:
    """The program that writes until it is killed."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WRITER), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"},
        )

    def run(self, rng: random.Random) -> Iterator[dict[str, Any]]:
        """What a writer says before it is killed after a random number of lines and a random while."""
        process = self._process
        assert process.stdin and process.stdout
        process.stdin.write(f"{rng.randrange(2**32)}\n".encode())
        process.stdin.flush()
        pid, lines = json.loads(process.stdout.readline())["alive"], rng.randint(0, 40)
        for number, line in enumerate(process.stdout):
            message = json.loads(line)
            if "dead" in message:
                return
            yield message
            if number == lines:
                time.sleep(rng.random() * 0.02)
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        self._process.communicate()


def applied(truth: Truth, task: dict[str, Any]) -> Truth:
    if task["kind"] == "put":
        return truth | {f["id"]: (tuple(f["chunks"]), f["attributes"]["n"]) for f in task["files"]}
    if task["kind"] == "delete":
        return {id: file for id, file in truth.items() if id not in task["ids"]}
    if task["kind"] == "attributes":
        return truth | {task["id"]: (truth[task["id"]][0], task["attributes"]["n"])}
    return truth


def standing(store: Store) -> Truth:
    return {
        file.id: (tuple(chunk.text for chunk in store.chunks(file.id)), int(file.attributes["n"]))
        for file in store.files()
    }


def check_searches(store: Store, truth: Truth) -> None:
    """Every chunk is found, once, and nothing else is."""
    everything = Counter((id, text) for id, (chunks, _) in truth.items() for text in chunks)
    for mode in ("dense", "hybrid"):
        found = store.search("word1 item2", 10_000, mode=mode)
        assert Counter((one.file_id, one.chunk.text) for one in found) == everything
    for n in range(4):
        found = store.search(
            "item1", 10_000, mode="lexical", filters=parse_filter({"type": "eq", "key": "n", "value": n})
        )
        expected = Counter(
            {key: c for key, c in everything.items() if truth[key[0]][1] == n and "item1" in key[1].split()}
        )
        assert Counter((one.file_id, one.chunk.text) for one in found) == expected


def crash(folder: Path, rounds: int, seed: int) -> int:
    """The number of rounds that a kill cut an operation in."""
    rng, cut_off = random.Random(seed), 0
    Store.create(folder, HashingEmbedder(32), LIMITS).close()
    truth: Truth = {}
    writer = Writer(folder)
    try:
        for _ in range(rounds):
            begun = None
            for message in writer.run(rng):
                if "begin" in message:
                    begun = message["begin"]
                else:
                    truth, begun = applied(truth, begun), None
            cut_off += begun is not None
            with Store.open(folder, HashingEmbedder(32), LIMITS) as store:
                allowed = [truth, applied(truth, begun)] if begun else [truth]
                truth = standing(store)
                assert truth in allowed
                store.verify()
                check_searches(store, truth)
    finally:
        writer.close()
    return cut_off


def check_tidy(folder: Path) -> None:
    """A compaction leaves nothing of broken-off writes."""
    with Store.open(folder, HashingEmbedder(32), LIMITS) as store:
        before = standing(store)
        store.compact()
        store.verify()
        check_searches(store, before)
        names = {path.name.split(".")[0] for path in (folder / SEGMENTS).iterdir()}
        assert len(names) == len(store.stats().segments)


def test_survives_kills(tmp_path: Path) -> None:
    crash(tmp_path, rounds=4, seed=1)
    check_tidy(tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_survives_a_hundred_kills(tmp_path: Path) -> None:
    cut_off = crash(tmp_path, rounds=100, seed=2)
    check_tidy(tmp_path)
    assert cut_off > 20
