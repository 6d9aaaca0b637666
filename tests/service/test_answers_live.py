"""Answers, responses and evaluations of a really started server, asked with the stock OpenAI client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.responses import ResponseCompletedEvent

from retrieval.cross_encoder import CrossEncoder
from service.processes.started import Running, started_server
from tests.tiny_models import save_reranker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1000)]
NOTE = "# The Ravel Tower\n\nThe Ravel Tower was opened in 1931. It is 212 metres high.\n"
MILL = "# The mill\n\nThe old mill at Kell grinds oats. Its wheel was made by Ada Stern in 1802.\n"
OPENED = "When was the Ravel Tower opened?"


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_reranker(tmp_path_factory.mktemp("reranker"), (NOTE, MILL, OPENED))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, reranker: Path) -> Iterator[Running]:
    environment = {"OMP_NUM_THREADS": "1", "TRIVIUM_RERANKER_FOLDER": str(reranker)}
    with started_server(tmp_path_factory.mktemp("answers"), environment) as running:
        yield running


@pytest.fixture(scope="module")
def vector_store(stock: openai.OpenAI) -> str:
    made = stock.vector_stores.create(name="Valley")
    for name, text in (("tower.md", NOTE), ("mill.md", MILL)):
        done = stock.vector_stores.files.upload_and_poll(
            vector_store_id=made.id, file=(name, text.encode()), poll_interval_ms=200
        )
        assert done.status == "completed", done
    return made.id


def tool(vector_store: str, **more: Any) -> list[Any]:
    return [{"type": "file_search", "vector_store_ids": [vector_store], "confidence_threshold": 0.0, **more}]


def texts(stock: openai.OpenAI, vector_store: str) -> dict[str, str]:
    found = {}
    for file in stock.vector_stores.files.list(vector_store):
        found[file.id] = "".join(
            p.text or "" for p in stock.vector_stores.files.content(file.id, vector_store_id=vector_store)
        )
    return found


def evaluated(stock: openai.OpenAI, vector_store: str, **wish: Any) -> Any:
    """A finished evaluation."""
    url = f"/vector_stores/{vector_store}/evaluations"
    job: Any = stock.post(url, cast_to=object, body=wish)
    while job["status"] in ("queued", "running"):
        time.sleep(0.3)
        job = stock.get(f"{url}/{job['id']}", cast_to=object)
    assert job["status"] == "succeeded", job["error"]
    return job


def test_a_response_cites_the_file_to_the_character(stock: openai.OpenAI, vector_store: str) -> None:
    response = stock.responses.create(
        model="pocket", input=OPENED, tools=tool(vector_store), include=["file_search_call.results"]
    )
    search, message = response.output
    assert search.type == "file_search_call" and search.status == "completed" and search.queries == [OPENED]
    assert search.results and search.results[0].filename == "tower.md"
    assert message.type == "message" and "1931" in response.output_text
    (part,) = message.content
    assert part.type == "output_text" and part.annotations
    whole = texts(stock, vector_store)
    for cited in part.annotations:
        assert cited.type == "file_citation" and cited.filename == "tower.md"
        source: Any = cited.source  # type: ignore[attr-defined]
        assert whole[cited.file_id][source["start"] : source["end"]] == source["quote"]
    again = stock.responses.retrieve(response.id)
    assert again.output_text == response.output_text
    stock.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        stock.responses.retrieve(response.id)


def test_the_clients_own_stream_helper_follows_a_response(stock: openai.OpenAI, vector_store: str) -> None:
    with stock.responses.stream(model="pocket", input=OPENED, tools=tool(vector_store)) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert "response.output_text.annotation.added" in kinds
    assert final.output_text and final.output[1].content[0].annotations  # type: ignore[union-attr]


def test_a_plain_stream_and_a_second_turn(stock: openai.OpenAI) -> None:
    async def follow() -> Any:
        async with openai.AsyncOpenAI(base_url=stock.base_url, api_key="none", max_retries=0) as client:
            stream = await client.responses.create(
                model="pocket", input="Say yes.", stream=True, temperature=0, max_output_tokens=8
            )
            return [event async for event in stream]

    events = asyncio.run(follow())
    first = stock.responses.create(model="pocket", input="Say yes.", temperature=0, max_output_tokens=8)
    spelled = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert spelled == first.output_text
    second = stock.responses.create(model="pocket", input="And no?", previous_response_id=first.id)
    assert second.usage and first.usage and second.usage.input_tokens > first.usage.input_tokens
    assert events[-1].type in ("response.completed", "response.incomplete")
    assert not isinstance(events[0], ResponseCompletedEvent)
    with pytest.raises(openai.BadRequestError, match="previous_response_id"):
        stock.responses.create(model="pocket", input="x", conversation="conv_1")


def test_answers_are_streamed_by_the_engine(stock: openai.OpenAI, vector_store: str) -> None:
    body = {"question": OPENED, "confidence_threshold": 0.0, "stream": True}
    stream = stock.post(
        f"/vector_stores/{vector_store}/answers",
        cast_to=object,
        body=body,
        stream=True,
        stream_cls=openai.Stream[object],
    )
    events: list[Any] = list(stream)
    assert [event["type"] for event in events] == ["answer.searched", "answer.delta", "answer.completed"]
    answer = events[-1]["answer"]
    assert answer["reader"] == "extractive" and "1931" in answer["text"]
    written: Any = stock.post(
        f"/vector_stores/{vector_store}/answers",
        cast_to=object,
        body={"question": OPENED, "reader": "generative", "model": "pocket"},
    )
    assert written["status"] in ("answered", "insufficient_evidence") and written["seconds"]["write"] > 0


def test_an_evaluation_runs_in_the_worker(stock: openai.OpenAI, vector_store: str) -> None:
    questions = [
        {"question": OPENED, "answers": ["1931", "in 1931"], "files": ["tower.md"]},
        {"question": "Who made the wheel of the mill?", "answers": ["Ada Stern"], "files": ["mill.md"]},
        {"question": "What colour is the moon's cheese?", "answers": []},
    ]
    job = evaluated(stock, vector_store, questions=questions)
    assert job["result"]["retrieval"]["recall@1"]["value"] == 1
    assert job["result"]["questions"] == 3 and job["result"]["curve"]
    url = f"/vector_stores/{vector_store}/evaluations/{job['id']}"
    outcomes: Any = stock.get(f"{url}/outcomes", cast_to=object)
    assert [one["answerable"] for one in outcomes["data"]] == [True, True, False]


def test_passages_are_read_again_wherever_that_is_asked_for(
    stock: openai.OpenAI, vector_store: str, reranker: Path
) -> None:
    """Searches, answers, responses and evaluations rank as the model's scores do."""
    again = {"ranker": "cross-encoder"}
    found = list(stock.vector_stores.search(vector_store, query=OPENED, ranking_options=again))
    model = CrossEncoder(reranker)
    titles = {"tower.md": "The Ravel Tower", "mill.md": "The mill"}
    texts = [f"{titles[hit.filename]}\n{hit.place['quote']}" for hit in found]  # type: ignore[attr-defined]
    ranked = [(hit.filename, hit.score) for hit in found]
    assert [score for _, score in ranked] == pytest.approx(model.score(OPENED, texts), abs=1e-5)
    assert len(ranked) == 2 and ranked[0][1] > ranked[1][1]

    body = {"question": OPENED, "ranking_options": again, "stream": True}
    stream = stock.post(
        f"/vector_stores/{vector_store}/answers",
        cast_to=object,
        body=body,
        stream=True,
        stream_cls=openai.Stream[object],
    )
    searched: Any = next(iter(stream))
    assert [(one["filename"], one["score"]) for one in searched["sources"]] == ranked

    response = stock.responses.create(
        model="pocket",
        input=OPENED,
        tools=tool(vector_store, ranking_options=again),
        include=["file_search_call.results"],
    )
    results: Any = response.output[0].results  # type: ignore[union-attr]
    assert [(one.filename, one.score) for one in results] == ranked

    questions = [{"question": OPENED, "files": [filename]} for filename, _ in ranked]
    job = evaluated(stock, vector_store, questions=questions, ranking_options=again)
    outcomes: Any = stock.get(
        f"/vector_stores/{vector_store}/evaluations/{job['id']}/outcomes", cast_to=object
    )
    assert [one["ranking"]["recall@1"] for one in outcomes["data"]] == [1, 0]
