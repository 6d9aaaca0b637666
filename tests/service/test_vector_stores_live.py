"""Vector stores of a really started server, asked with the stock OpenAI client, also while it is killed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from retrieval.store.database import Database
from retrieval.store.files import read_chunks, read_files
from retrieval.store.texts import read_text
from service.processes.started import Running, started_server
from tests.service.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1000)]
COLOURS = ("amber", "crimson", "indigo", "olive", "scarlet", "teal", "violet")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture(scope="module")
def live(data_dir: Path) -> Iterator[Running]:
    with started_server(data_dir, {"OMP_NUM_THREADS": "1"}) as running:
        yield running


def article(number: int, paragraphs: int = 1) -> tuple[str, bytes]:
    """A file whose text stands nowhere else."""
    colour = COLOURS[number % len(COLOURS)]
    text = f"# Lighthouse {number}\n" + "".join(
        f"\nThe lamp of lighthouse {number} shines {colour} over bay {part}. Keeper {number * 31 + part} "
        f"trims it at dusk, and ships of the line {part}-{number} steer by it until the morning.\n"
        for part in range(paragraphs)
    )
    return f"lighthouse-{number}.md", text.encode()


def names(stock: openai.OpenAI, store: str, query: str, **options: Any) -> list[str]:
    return [hit.filename for hit in stock.vector_stores.search(store, query=query, **options)]


def test_the_whole_life_of_a_file(stock: openai.OpenAI) -> None:
    store = stock.vector_stores.create(name="Coast", metadata={"team": "harbour"})
    assert (store.status, store.file_counts.total) == ("completed", 0)
    file = stock.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=article(1), attributes={"sea": "north", "height": 31.5, "lit": True}
    )
    assert (file.status, file.last_error) == ("completed", None)
    page = stock.vector_stores.search(
        store.id,
        query=["Which colour has the lamp of lighthouse 1?", "lamp colour"],
        filters={"type": "and", "filters": [
            {"type": "eq", "key": "sea", "value": "north"}, {"type": "gt", "key": "height", "value": 30}
        ]},
        ranking_options={"ranker": "auto", "score_threshold": 0.0},
        rewrite_query=False,
        max_num_results=5,
    )  # fmt: skip
    (hit,) = page.data
    assert (hit.file_id, hit.attributes) == (file.id, {"sea": "north", "height": 31.5, "lit": True})
    assert "crimson" in hit.content[0].text and 0 < hit.score <= 1
    (text,) = stock.vector_stores.files.content(file.id, vector_store_id=store.id)
    assert text.text == article(1)[1].decode().rstrip()
    changed = stock.vector_stores.files.update(file.id, vector_store_id=store.id, attributes={"sea": "south"})
    assert changed.attributes == {"sea": "south"}
    north = {"type": "eq", "key": "sea", "value": "north"}
    assert names(stock, store.id, "lamp", filters=north) == []
    assert stock.vector_stores.files.delete(file.id, vector_store_id=store.id).deleted
    assert names(stock, store.id, "lamp") == []
    assert stock.vector_stores.retrieve(store.id).metadata == {"team": "harbour"}
    assert stock.vector_stores.update(store.id, name="Shore").name == "Shore"
    assert store.id in {one.id for one in stock.vector_stores.list(limit=1)}
    assert stock.vector_stores.delete(store.id).deleted
    with pytest.raises(openai.NotFoundError) as missing:
        stock.vector_stores.search(store.id, query="lamp")
    assert missing.value.param == "vector_store_id"


def test_a_batch_is_uploaded_and_its_bad_files_fail_alone(stock: openai.OpenAI) -> None:
    store = stock.vector_stores.create()
    bad = [
        ("empty.txt", b"\n"),
        ("broken.pdf", b"%PDF-1.7 no more"),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 99),
    ]
    batch = stock.vector_stores.file_batches.upload_and_poll(
        store.id, files=[article(n) for n in range(4)] + bad
    )
    assert (batch.status, batch.file_counts.completed, batch.file_counts.failed) == ("completed", 4, 3)
    listed = list(stock.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id, limit=2))
    assert len(listed) == 7
    reasons = {one.last_error.code for one in listed if one.last_error}
    assert reasons == {"invalid_file", "unsupported_file"}
    failed = stock.vector_stores.files.list(store.id, filter="failed", limit=1)
    assert len(list(failed)) == 3


def test_uploads_and_searches_go_on_together(stock: openai.OpenAI) -> None:
    store = stock.vector_stores.create()
    first = stock.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=article(100))

    def add(number: int) -> str:
        return stock.vector_stores.files.upload_and_poll(
            vector_store_id=store.id, file=article(number)
        ).status

    searches = 0
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(add, number) for number in range(101, 121)]
        while not all(one.done() for one in waiting) or searches < 5:
            hits = stock.vector_stores.search(store.id, query="lamp of lighthouse 100", max_num_results=50)
            assert first.id in {hit.file_id for hit in hits}
            searches += 1
    assert [one.result() for one in waiting] == ["completed"] * 20
    for number in range(100, 121):
        assert names(stock, store.id, f"lighthouse {number}", max_num_results=3)[0] == article(number)[0]


def test_the_async_client_and_embeddings(stock: openai.OpenAI, live: Running) -> None:
    model = "all-MiniLM-L6-v2"
    packed = stock.embeddings.create(model=model, input=["a small boat", "a little ship", "tax law"])
    plain = stock.embeddings.create(model=model, input="a small boat", encoding_format="float")
    boat, ship, law = (one.embedding for one in packed.data)
    assert plain.data[0].embedding == pytest.approx(boat, abs=1e-2) and len(boat) == 384
    assert dot(boat, ship) > dot(boat, law) and dot(boat, boat) == pytest.approx(1, abs=1e-3)
    tokens = stock.embeddings.create(model=model, input=[[1037, 2235, 4049]])
    assert dot(tokens.data[0].embedding, boat) > 0.99 and tokens.usage.prompt_tokens == 3
    short = stock.embeddings.create(model=model, input="a small boat", dimensions=64)
    assert len(short.data[0].embedding) == 64
    with pytest.raises(openai.BadRequestError, match="reads 254"):
        stock.embeddings.create(model=model, input="boat " * 400)
    with pytest.raises(openai.BadRequestError, match="no token"):
        stock.embeddings.create(model=model, input=[99_999])
    with pytest.raises(openai.NotFoundError):
        stock.embeddings.create(model="text-embedding-none", input="boat")

    async def scenario() -> str:
        async with openai.AsyncOpenAI(base_url=f"{live.url}/v1", api_key="none") as client:
            store = await client.vector_stores.create()
            done = await client.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=article(7))
            return done.status

    assert asyncio.run(scenario()) == "completed"


def test_the_guide_does_what_it_says(live: Running) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "vector-stores.md").read_text("utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL))
    assert "8321" in code
    exec(compile(code.replace("http://127.0.0.1:8321", live.url), "docs/vector-stores.md", "exec"), {})


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_killed_in_the_middle_nothing_is_lost_or_doubled(stock: openai.OpenAI, data_dir: Path) -> None:
    store = stock.vector_stores.create()
    articles = [article(n, paragraphs=4) for n in range(200, 240)]
    ids = [stock.files.create(file=one, purpose="assistants").id for one in articles]
    batch = stock.vector_stores.file_batches.create(store.id, file_ids=ids)

    def counts() -> Any:
        return stock.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store.id).file_counts

    wait_for(lambda: pids("service.jobs.process", data_dir))
    kill("service.jobs.process", data_dir)
    wait_for(lambda: counts().completed)
    kill("service.jobs.worker", data_dir)
    wait_for(lambda: counts().in_progress == 0)
    assert counts().completed == len(articles)
    truth = {id: text.decode().rstrip() for id, (_, text) in zip(ids, articles, strict=True)}
    assert in_store(data_dir / "vector_stores" / store.id) == truth


def in_store(folder: Path) -> dict[str, str]:
    """The texts of a store, whose windows must hold all of each in order."""
    texts = {}
    with Database(folder / "store.sqlite3", 5).reading() as connection:
        for number, file in connection.execute("SELECT number, id FROM files").fetchall():
            (stored,) = [one for one in read_files(connection) if one.id == file]
            texts[file] = read_text(connection, number, 0, stored.characters)
            windows = "".join(chunk.text for chunk in read_chunks(connection, file))
            assert "".join(windows.split()) == "".join(texts[file].split())
    return texts


def kill(module: str, data_dir: Path) -> None:
    for pid in pids(module, data_dir):
        os.kill(pid, signal.SIGKILL)


def pids(module: str, data_dir: Path) -> list[int]:
    """Processes of a module that belong to the server on a data directory."""
    return [int(folder.name) for folder in Path("/proc").iterdir() if _is(folder, module, data_dir)]


def _is(folder: Path, module: str, data_dir: Path) -> bool:
    try:
        command = (folder / "cmdline").read_bytes().split(b"\0")
        environment = (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return module.encode() in command and f"TRIVIUM_DATA_DIR={data_dir}".encode() in environment
