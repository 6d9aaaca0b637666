"""kill -9 of an ingester at random moments, while clients go on wishing: the store ends as the tables say."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from retrieval.extraction import Extractor
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.store import Store
from service.engine.scripted import ScriptedEngine
from service.jobs.ingestion import Ingestion
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.pages import Cursor
from service.storage.vector_store import NewMember
from service.vector_store_changes import change_attributes, take_out

ROUNDS = 25
PROGRAM = Path(__file__).with_name("crashing_ingester.py")


class Clients:
    """Make wishes at random, and remember what was acknowledged."""

    def __init__(self, here: Resources, store: str, rng: random.Random) -> None:
        self.here, self.store, self.rng = here, store, rng
        self.texts: dict[str, str] = {}
        self.cancelled: set[str] = set()

    def wish(self) -> None:
        kind = self.rng.choices(["add", "again", "remove", "attributes", "cancel"], [8, 2, 3, 3, 1])[0]
        if kind in ("add", "cancel") or not self.texts:
            batch = self.put([self.upload() for _ in range(self.rng.randint(1, 5))])
            if kind == "cancel":
                self.here.data.vector_store_files.cancel(batch)
                self.cancelled |= set(self.ids(batch))
            return
        file_id = self.rng.choice(sorted(self.texts))
        if kind == "again":
            self.put([file_id])
        elif kind == "remove":
            asyncio.run(take_out(self.here, self.store, file_id))
            del self.texts[file_id]
        else:
            asyncio.run(change_attributes(self.here, self.store, file_id, {"n": self.rng.randint(0, 9)}))

    def upload(self) -> str:
        text = " ".join(f"word{self.rng.randint(0, 60)}." for _ in range(self.rng.randint(20, 900)))
        digest = hashlib.sha256(text.encode()).hexdigest()
        stored = self.here.data.files.create(BytesIO(text.encode()), "a.txt", "assistants", digest, 0)
        self.texts[stored.id] = text
        return stored.id

    def put(self, ids: list[str]) -> str:
        sizes = self.rng.choice([(800, 400), (200, 50)])
        self.cancelled -= set(ids)
        wishes = [NewMember(id, "a.txt", {"n": self.rng.randint(0, 9)}, *sizes) for id in ids]
        return self.here.data.vector_store_files.add_batch(self.store, wishes).id

    def ids(self, batch: str) -> list[str]:
        page = self.here.data.vector_store_files.page(self.store, Cursor(limit=100), None, batch)
        return [one.id for one in page.items]


@pytest.fixture
def here(settings: Settings, data: DataDir) -> Resources:
    engine = ScriptedEngine([], stores=settings.data_dir / "vector_stores")
    return Resources(settings, data, engine)


@pytest.mark.timeout(400)
def test_the_store_ends_as_the_tables_say(here: Resources, data: DataDir) -> None:
    rng = random.Random(7)
    values: dict[str, Any] = dict.fromkeys(("description", "metadata", "expires_after_days"))
    store, _ = data.vector_stores.create(values | {"name": "s"}, "", None)
    clients = Clients(here, store.id, rng)
    command = [sys.executable, str(PROGRAM), str(data.root)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}
    ) as program:
        assert program.stdin and program.stdout
        for _ in range(ROUNDS):
            program.stdin.write(b"\n")
            program.stdin.flush()
            pid = int(program.stdout.readline())
            for _ in range(rng.randint(1, 4)):
                clients.wish()
                time.sleep(rng.uniform(0, 0.03))
            os.kill(pid, signal.SIGKILL)
            assert program.stdout.readline() == b"0\n"
        program.stdin.close()
    with Extractor() as extractor:
        finish = Ingestion(data, HashingEmbedder(), extractor, 60, lambda: False)
        while finish.step():
            pass
        finish.close()
    compare(data, store.id, clients)


def compare(data: DataDir, store_id: str, clients: Clients) -> None:
    rows = {row.id: row for row in data.vector_store_files.page(store_id, Cursor(limit=10_000), None).items}
    assert {id for id, row in rows.items() if row.status not in ("completed", "cancelled")} == set()
    assert {id for id, row in rows.items() if row.status == "cancelled"} <= clients.cancelled
    assert set(rows) == set(clients.texts)
    with Store.open(data.library(store_id), HashingEmbedder()) as store:
        held = {file.id: file for file in store.files()}
        assert set(held) == {id for id, row in rows.items() if row.status == "completed"}
        for id, file in held.items():
            assert store.text(id) == clients.texts[id]
            assert file.attributes == rows[id].attributes
            windows = "".join("".join(chunk.text.split()) for chunk in store.chunks(id))
            assert windows == "".join(clients.texts[id].split())
        store.verify()
