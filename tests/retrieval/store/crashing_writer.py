"""Writes to a store at random until somebody kills it; run as a program by the tests.

For each line on standard input (a seed) it forks a writer, which says what it is about to do and
what is done, one JSON line each. When the writer is dead it says so. Forking saves the imports.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.limits import Limits
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store

LIMITS = Limits(tail=24, flat=60, scan=10, wait_s=5)
IDS = [f"file{number}" for number in range(12)]


def main() -> None:
    folder = Path(sys.argv[1])
    for seed in sys.stdin:
        pid = os.fork()
        if not pid:
            write_for_ever(folder, random.Random(int(seed)))
        os.waitpid(pid, 0)
        say({"dead": pid})


def write_for_ever(folder: Path, rng: random.Random) -> None:
    say({"alive": os.getpid()})
    with Store.open(folder, HashingEmbedder(32), LIMITS) as store:
        while True:
            task = choose(rng, sorted(file.id for file in store.files()))
            say({"begin": task})
            carry_out(store, task)
            say({"done": True})


def choose(rng: random.Random, have: list[str]) -> dict[str, Any]:
    kind = rng.choices(["put", "delete", "attributes", "compact"], [6, 2, 1, 2])[0]
    if kind == "put" or not have:
        return {"kind": "put", "files": [describe(rng, id) for id in rng.sample(IDS, rng.randint(1, 3))]}
    if kind == "delete":
        return {"kind": "delete", "ids": rng.sample(have, min(len(have), rng.randint(1, 3)))}
    return {"kind": kind, "id": rng.choice(have), "attributes": {"n": rng.randint(0, 3)}}


def describe(rng: random.Random, id: str) -> dict[str, Any]:
    chunks = [f"word{rng.randint(0, 40)} item{rng.randint(0, 5)}" for _ in range(rng.randint(0, 12))]
    return {"id": id, "chunks": chunks, "attributes": {"n": rng.randint(0, 3)}}


def carry_out(store: Store, task: dict[str, Any]) -> None:
    if task["kind"] == "put":
        store.put([new_file(**file) for file in task["files"]])
    elif task["kind"] == "delete":
        store.delete(task["ids"])
    elif task["kind"] == "attributes":
        store.set_attributes(task["id"], task["attributes"])
    else:
        store.compact()


def new_file(id: str, chunks: list[str], attributes: dict[str, int]) -> NewFile:
    spans, at = [], 0
    for chunk in chunks:
        spans.append(NewChunk(at, at + len(chunk)))
        at += len(chunk) + 1
    return NewFile(id, id, "\n".join(chunks), spans, "", attributes)


def say(message: dict[str, Any]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
