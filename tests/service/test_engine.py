"""The Engine port: one suite for the scripted engine and for the real one behind its socket."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import uvicorn

from advisor.workbench import Workbench
from generation.catalog import Catalog, ModelCard
from generation.errors import ContextTooLongError, UnknownModelError
from generation.language_model import LanguageModel, Request
from generation.messages import Message
from generation.scripted_model import ScriptedModel
from retrieval.answers.errors import NoReaderError
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.errors import InvalidFilterError
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store
from service.engine.client import EngineClient
from service.engine.desk import Desk
from service.engine.models import Models
from service.engine.port import USUAL, Ask, Engine, Question
from service.engine.scripted import ScriptedEngine
from service.engine.server import create_engine_app
from service.engine.shelves import Shelves
from service.errors import TooBusy, Unavailable


def echo(request: Request) -> str:
    return f"You said {request.messages[-1].content}"


def slow(request: Request) -> str:
    time.sleep(0.5)
    return "late"


NOTE = "The tower was opened in 1931. It is 212 m high."


def put_note(folder: Path) -> None:
    with Store.create(folder, HashingEmbedder()) as store:
        store.put(
            [NewFile("file-1", "note.txt", NOTE, [NewChunk(0, len(NOTE), page=1)], attributes={"year": 1})]
        )


class Certain:
    """A re-ranker that finds all texts equal."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        return [0.25] * len(texts)


class Scripts:
    """A model source for the real catalog."""

    def cards(self) -> list[ModelCard]:
        return [ModelCard("echo", 0, "tests"), ModelCard("slow", 0, "tests")]

    def open(self, name: str) -> LanguageModel:
        return ScriptedModel(name, echo if name == "echo" else slow, context_window=100)


def request(text: str, **options: Any) -> Request:
    return Request((Message("user", text),), **options)


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    """A real engine server; sockets need short paths, so not in pytest's folders."""
    catalog = Catalog()
    catalog.add_source(Scripts())
    with TemporaryDirectory() as folder:
        path = Path(folder) / "engine.sock"
        models = Models(lambda: Workbench(catalog, HashingEmbedder()), lambda name: Path(folder) / name, 2)
        shelves = Shelves(models.embedder, lambda name: Path(folder) / name, Certain())
        put_note(Path(folder) / "vs_notes")
        app = create_engine_app(models, shelves, Desk(models.open, shelves, models.reader))
        server = uvicorn.Server(uvicorn.Config(app, uds=str(path), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield path
        server.should_exit = True
        thread.join()


def run(engine: Engine, work: Coroutine[Any, Any, Any]) -> Any:
    async def closing() -> Any:
        try:
            return await work
        finally:
            if isinstance(engine, EngineClient):
                await engine.close()

    return asyncio.run(closing())


@pytest.fixture(params=["scripted", "real"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "scripted":
        put_note(tmp_path / "vs_notes")
        return ScriptedEngine([ScriptedModel("echo", echo, context_window=100)], stores=tmp_path)
    return EngineClient(request.getfixturevalue("socket"), max_waiting=4)


async def collect(engine: Engine, asked: Request, model: str = "echo") -> list[Any]:
    return [item async for item in engine.stream(model, asked)]


def test_it_lists_and_checks_models(engine: Engine) -> None:
    async def scenario() -> None:
        assert "echo" in [c.name for c in await engine.cards()]
        await engine.check("echo")
        with pytest.raises(UnknownModelError, match="nobody"):
            await engine.check("nobody")

    run(engine, scenario())


def test_it_answers_in_order(engine: Engine) -> None:
    async def scenario() -> None:
        answers = await engine.generate(
            "echo", [request("a b"), request("c", max_tokens=2), request("d", max_tokens=USUAL)]
        )
        assert [a.text for a in answers] == ["You said a b", "You said", "You said d"]
        assert [a.finish_reason for a in answers] == ["stop", "length", "stop"]
        assert answers[0].prompt_tokens == 2

    run(engine, scenario())


def test_a_stream_ends_with_the_whole(engine: Engine) -> None:
    *pieces, whole = run(
        engine, collect(engine, request("über naïve 日本", temperature=0.5, stop=("x",), seed=3))
    )
    assert "".join(pieces) == whole.text == "You said über naïve 日本"


@pytest.mark.parametrize("stream", [False, True])
def test_errors_keep_their_class_and_message(engine: Engine, stream: bool) -> None:
    async def ask(model: str, asked: Request) -> None:
        await (collect(engine, asked, model) if stream else engine.generate(model, [asked]))

    async def scenario() -> None:
        with pytest.raises(UnknownModelError, match="nobody"):
            await ask("nobody", request("x"))
        with pytest.raises(ContextTooLongError, match="100"):
            await ask("echo", request("word " * 200))

    run(engine, scenario())


async def asked(engine: Engine, **wish: Any) -> list[Any]:
    ask = Ask("When was the tower opened?", ["vs_notes", "vs_empty"], threshold=0.0, **wish)
    return [item async for item in engine.ask(ask)]


def test_a_question_is_answered_from_the_stores_that_hold_something(engine: Engine) -> None:
    searched, *pieces, answered = run(
        engine, asked(engine, filters={"type": "eq", "key": "year", "value": 1})
    )
    (source,) = searched.sources
    assert (source.file_id, source.text, source.attributes) == ("file-1", NOTE, {"year": 1})
    assert "".join(pieces) == answered.text == "The tower was opened in 1931."
    (citation,) = answered.citations
    assert (citation.start, citation.end, citation.page, citation.supports) == (0, 29, 1, (0, 29))
    assert not answered.abstained


def test_passages_are_read_again_where_a_search_asks_for_it(socket: Path) -> None:
    engine = EngineClient(socket, max_waiting=4)

    async def ask() -> list[float]:
        plain = await engine.search("vs_notes", Question(["When was the tower opened?"]))
        again = await engine.search("vs_notes", Question(["When was the tower opened?"], rerank=True))
        return [one.score for one in (*plain, *again)]

    plain, again = run(engine, ask())
    assert plain != again == 0.25


def test_a_model_writes_where_it_is_asked_to(engine: Engine) -> None:
    history = (Message("user", "hello"), Message("assistant", "hi"))
    *_, answered = run(
        engine, asked(engine, reader="generative", model="echo", history=history, max_tokens=20)
    )
    assert answered.reader == "generative" and answered.completion_tokens == 20


def test_errors_of_answering_keep_their_class(engine: Engine) -> None:
    async def scenario() -> None:
        with pytest.raises(NoReaderError, match="generative"):
            await asked(engine, reader="generative")
        with pytest.raises(UnknownModelError, match="nobody"):
            await asked(engine, reader="generative", model="nobody")
        with pytest.raises(InvalidFilterError):
            await asked(engine, filters={"type": "like"})

    run(engine, scenario())


def test_a_missing_deployment_is_no_model(socket: Path) -> None:
    engine = EngineClient(socket, 4)
    with pytest.raises(UnknownModelError):
        run(engine, engine.answer("dep_none", ["x"]))


def test_more_than_may_wait_are_turned_away(socket: Path) -> None:
    engine = EngineClient(socket, max_waiting=2)

    async def scenario() -> None:
        asked = [engine.generate("slow", [request("x")]) for _ in range(4)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(d, TooBusy) for d in done) == 2
        assert (await engine.generate("slow", [request("x")]))[0].text == "late"

    run(engine, scenario())


def test_without_an_engine_it_says_so(tmp_path: Path) -> None:
    engine = EngineClient(tmp_path / "none.sock", 4)

    async def scenario() -> None:
        with pytest.raises(Unavailable, match="try again"):
            await engine.cards()
        with pytest.raises(Unavailable):
            await collect(engine, request("x"))

    run(engine, scenario())
