"""What only a remote model does: what it sends, and how servers' failures are told."""

from __future__ import annotations

import logging

import pytest

from generation.endpoint import RemoteEndpoint
from generation.errors import ContextTooLongError, GenerationError, ModelUnavailableError
from generation.language_model import Request
from generation.messages import Message
from generation.openai_model import OpenAIModel

KEY = "sk-very-secret"
REQUEST = Request((Message("user", "Abc"),), max_tokens=5)


def remote(chat_server: object, **details: object) -> OpenAIModel:
    return OpenAIModel("openai:m", "m", RemoteEndpoint(chat_server.base_url, KEY, retries=0, **details))


def test_it_sends_the_conversation_and_its_limits_only(chat_server: object) -> None:
    remote(chat_server).generate([REQUEST])
    assert chat_server.bodies == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": "Abc"}],
            "temperature": 0.0,
            "max_tokens": 5,
        }
    ]


@pytest.mark.parametrize(
    ("said", "choice"), [(" 'Yes'. ", "yes"), ("yes!", "yes!"), ("no", "no"), ("NO", "no")]
)
def test_a_choice_is_recognised_only_when_it_is_the_whole_answer(
    chat_server: object, said: str, choice: str
) -> None:
    request = Request((Message("user", said[::-1]),), choices=("yes", "no"))
    assert remote(chat_server).generate([request])[0].text == choice


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (401, "invalid_api_key", ModelUnavailableError, "check the key"),
        (403, "", ModelUnavailableError, "check the key"),
        (404, "model_not_found", ModelUnavailableError, "knows no model 'm'"),
        (429, "rate_limit", ModelUnavailableError, "raise the quota"),
        (400, "context_length_exceeded", ContextTooLongError, "too long"),
        (400, "other", ModelUnavailableError, "failed on 'm'"),
        (500, "", ModelUnavailableError, "failed on 'm'"),
    ],
)
def test_failures_are_told_with_their_remedy_and_without_the_key(
    chat_server: object,
    caplog: pytest.LogCaptureFixture,
    status: int,
    code: str,
    kind: type[GenerationError],
    words: str,
) -> None:
    caplog.set_level(logging.INFO)
    chat_server.failure = (status, code, f"failed with key {KEY}")
    model = remote(chat_server)
    with pytest.raises(kind, match=words) as whole:
        model.generate([REQUEST])
    with pytest.raises(kind, match=words) as streamed:
        list(model.stream(REQUEST))
    assert whole.value.__cause__ is streamed.value.__cause__ is None
    assert KEY not in f"{whole.value}{streamed.value}{caplog.text}"


def test_the_reason_that_a_fastapi_server_gives_is_told(chat_server: object) -> None:
    chat_server.failure = (422, "", f"unexpected fields, said with {KEY}")
    chat_server.in_detail = True
    with pytest.raises(ModelUnavailableError, match=r"unexpected fields, said with \*\*\*"):
        remote(chat_server).generate([REQUEST])


@pytest.mark.parametrize(("stop", "text"), [("o t", "tw"), (" ", "two"), ("!", "two three"), ("t", "")])
def test_a_stop_that_a_server_leaves_in_is_cut_off(chat_server: object, stop: str, text: str) -> None:
    chat_server.keeps_stops = True
    request = Request((Message("user", "eerht owt"),), max_tokens=2, stop=(stop,))
    [whole] = remote(chat_server).generate([request])
    *pieces, last = remote(chat_server).stream(request)
    assert whole.text == last.text == "".join(pieces) == text
    assert whole.finish_reason == last.finish_reason == "stop"


def test_an_answer_that_reaches_a_stop_and_its_limit_is_finished(chat_server: object) -> None:
    chat_server.keeps_stops = True
    messages = (Message("user", "eerht owt eno"),)
    [cut, full] = remote(chat_server).generate(
        [Request(messages, max_tokens=2, stop=(" two",)), Request(messages, max_tokens=2, stop=("!",))]
    )
    assert (cut.text, cut.finish_reason) == ("one", "stop")
    assert (full.text, full.finish_reason) == ("one two", "length")


def test_a_server_that_is_not_there_is_told(chat_server: object) -> None:
    gone = RemoteEndpoint("http://127.0.0.1:9/v1", KEY, retries=0)
    with pytest.raises(ModelUnavailableError, match="is the server running"):
        OpenAIModel("openai:m", "m", gone).generate([REQUEST])


def test_the_key_does_not_show(chat_server: object) -> None:
    assert KEY not in repr(RemoteEndpoint(chat_server.base_url, KEY)) + repr(remote(chat_server))


def test_openais_own_models_get_the_new_name_of_the_limit() -> None:
    assert RemoteEndpoint().limit_field == "max_completion_tokens"
