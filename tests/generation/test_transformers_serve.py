"""`openai:` models against a server that is not ours: `transformers serve`, with the model in the box.

It computes in the precision of the model here, so greedy answers must be the same, token by token.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from generation.catalog import POCKET, Catalog
from generation.endpoint import RemoteEndpoint
from generation.errors import ModelUnavailableError
from generation.language_model import Generation, LanguageModel, Request, StreamingModel
from generation.messages import Message
from generation.prompts import Passage, render

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

READY_SECONDS = 200.0
LINDT = Passage("Otto Lindt", "Otto Lindt was born in Basel in 1901. He built bridges and died in Rome.")
QUESTIONS = ("Where was Otto Lindt born?", "When was Otto Lindt born?", "What did Otto Lindt build?")
CHAT = (
    Message("user", "Hi"),
    Message("assistant", "Hello, how are you?"),
    Message("user", "Größer als das Meer, 海?"),
)
REQUESTS = (
    *(Request(render("Answer the question.", q, passages=(LINDT,)), max_tokens=24) for q in QUESTIONS),
    Request(render("Say the mood.", "I love it so much", labels=("good", "bad")), max_tokens=24),
    Request(CHAT, max_tokens=24),
    Request(CHAT, max_tokens=1),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a server that has loaded the model; it knows a folder by its path, as given."""
    from generation.checkpoint import device

    log = tmp_path_factory.mktemp("serve") / "log.txt"
    port, precision = _free_port(), "float32" if device() == "cpu" else "auto"
    command = [Path(sysconfig.get_path("scripts")) / "transformers", "serve", POCKET.name]
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", device(), "--dtype", precision]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*command, *options],
            cwd=POCKET.parent,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            if not _is_healthy(f"http://127.0.0.1:{port}/health", process):
                pytest.fail(f"transformers serve did not start:\n{log.read_text()[-3000:]}")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def catalog(server: str) -> Catalog:
    return Catalog(remote=RemoteEndpoint(server, retries=0, context_window=2048))


@pytest.fixture(scope="module")
def remote(catalog: Catalog) -> LanguageModel:
    return catalog.open(f"openai:{POCKET.name}")


@pytest.fixture(scope="module")
def here(catalog: Catalog) -> list[Generation]:
    """What the same folder answers in this process."""
    local = catalog.open("pocket")
    return [local.generate([request])[0] for request in REQUESTS]


def told(generation: Generation) -> tuple[object, ...]:
    """All but the time."""
    return (generation.text, generation.prompt_tokens, generation.completion_tokens, generation.finish_reason)


def test_greedy_answers_and_their_usage_are_those_of_the_folder_here(
    remote: LanguageModel, here: list[Generation]
) -> None:
    assert [told(g) for g in remote.generate(REQUESTS)] == [told(g) for g in here]
    assert {g.finish_reason for g in here} == {"stop", "length"}
    assert all(g.text for g in here)


@pytest.mark.parametrize("at", range(len(REQUESTS)))
def test_a_stream_is_the_same_answer_in_pieces(
    remote: LanguageModel, here: list[Generation], at: int
) -> None:
    assert isinstance(remote, StreamingModel)
    *pieces, done = remote.stream(REQUESTS[at])
    assert isinstance(done, Generation)
    assert told(done) == told(here[at])
    assert "".join(map(str, pieces)) == done.text


def test_the_stop_that_the_server_leaves_in_is_not_part_of_the_answer(
    remote: LanguageModel, here: list[Generation]
) -> None:
    assert isinstance(remote, StreamingModel)
    whole = here[0].text
    stop = whole[len(whole) // 2 :][:2]
    request = Request(REQUESTS[0].messages, max_tokens=24, stop=(stop,))
    [cut] = remote.generate([request])
    *pieces, done = remote.stream(request)
    assert isinstance(done, Generation)
    assert cut.text == done.text == "".join(map(str, pieces)) == whole[: whole.index(stop)]
    assert cut.finish_reason == done.finish_reason == "stop"


def test_every_field_that_a_request_can_have_is_taken(remote: LanguageModel) -> None:
    request = Request(CHAT, max_tokens=8, temperature=0.7, top_p=0.9, seed=3, stop=("\n\n",))
    first, second = (remote.generate([request])[0] for _ in range(2))
    assert told(first) == told(second)
    assert first.prompt_tokens > 0
    assert 0 < first.completion_tokens <= 8


def test_a_model_that_is_not_served_is_told_in_the_servers_words(catalog: Catalog) -> None:
    with pytest.raises(ModelUnavailableError, match=f"failed on 'other'.*pinned to '{POCKET.name}'"):
        catalog.open("openai:other").generate(REQUESTS[:1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_healthy(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether it answers in time; it listens only once the model is loaded."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return httpx.get(url, timeout=10).status_code == 200
        except httpx.TransportError:
            time.sleep(0.2)
    return False
