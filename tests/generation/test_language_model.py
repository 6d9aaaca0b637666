"""One contract for every model behind the port."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generation.catalog import POCKET
from generation.endpoint import RemoteEndpoint
from generation.errors import ContextTooLongError
from generation.language_model import Generation, LanguageModel, Request, StreamingModel
from generation.messages import Message
from generation.scripted_model import ScriptedModel

LOCAL = ["scripted", "tiny", pytest.param("pocket", marks=pytest.mark.slow)]
ALL = [*LOCAL, "remote"]


@pytest.fixture
def model(request: pytest.FixtureRequest) -> LanguageModel:
    kind = request.param
    if kind == "scripted":
        return ScriptedModel("scripted", lambda asked: f"you said {asked.messages[-1].content}")
    if kind == "remote":
        from generation.openai_model import OpenAIModel

        server = request.getfixturevalue("chat_server")
        return OpenAIModel("remote", "script", RemoteEndpoint(server.base_url, "key", retries=0))
    from generation.transformers_model import TransformersModel

    folder: Path = request.getfixturevalue("tiny_llama") if kind == "tiny" else POCKET
    return TransformersModel(kind, folder)


def ask(text: str, **details: object) -> Request:
    return Request((Message("system", "Answer."), Message("user", text)), **{"max_tokens": 8, **details})


def told(generation: Generation) -> tuple[object, ...]:
    """All but the time."""
    return (generation.text, generation.prompt_tokens, generation.completion_tokens, generation.finish_reason)


@pytest.mark.parametrize("model", ALL, indirect=True)
def test_answers_come_in_order_and_one_by_one_alike(model: LanguageModel) -> None:
    requests = [ask("word " * (7 * i % 5 + 1) + str(i)) for i in range(6)]
    together = model.generate(requests)
    assert [told(g) for g in together] == [told(model.generate([r])[0]) for r in requests]


@pytest.mark.parametrize("model", ALL, indirect=True)
def test_usage_and_time_are_counted(model: LanguageModel) -> None:
    [done] = model.generate([ask("one two three")])
    assert done.prompt_tokens > 0
    assert 0 < done.completion_tokens <= 8
    assert done.seconds >= 0


@pytest.mark.parametrize("model", LOCAL, indirect=True)
def test_prompt_tokens_are_those_that_count_tokens_tells(model: LanguageModel) -> None:
    request = ask("one two three")
    assert model.generate([request])[0].prompt_tokens == model.count_tokens(request.messages)


@pytest.mark.parametrize("model", ALL, indirect=True)
def test_no_requests_give_no_answers(model: LanguageModel) -> None:
    assert model.generate([]) == []


@pytest.mark.parametrize("model", ALL, indirect=True)
def test_an_answer_is_no_longer_than_asked(model: LanguageModel) -> None:
    [done] = model.generate([ask("one two three four", max_tokens=2)])
    assert done.completion_tokens <= 2


@pytest.mark.parametrize("model", LOCAL, indirect=True)
def test_a_choice_is_always_one_of_the_request(model: LanguageModel) -> None:
    choices = ("yes", "yes please", "no", "maybe <|end|> not")
    answers = model.generate([ask(f"is it {i}?", choices=choices[i % 3 :]) for i in range(6)])
    assert all(a.text in choices[i % 3 :] and a.finish_reason == "stop" for i, a in enumerate(answers))


@pytest.mark.parametrize("model", LOCAL, indirect=True)
def test_a_prompt_that_does_not_fit_is_refused_before_anything_runs(model: LanguageModel) -> None:
    with pytest.raises(ContextTooLongError, match="shorten the prompt"):
        model.generate([ask("short"), ask("long " * model.context_window)])


@pytest.mark.parametrize("model", ALL, indirect=True)
def test_a_stream_is_the_answer_in_pieces(model: LanguageModel) -> None:
    assert isinstance(model, StreamingModel)
    request = ask("one two three")
    *pieces, done = model.stream(request)
    assert isinstance(done, Generation)
    assert "".join(map(str, pieces)) == done.text == model.generate([request])[0].text


@pytest.mark.parametrize("model", ALL, indirect=True)
def test_the_stop_is_not_part_of_the_answer(model: LanguageModel) -> None:
    [whole] = model.generate([ask("one two three")])
    stop = whole.text[len(whole.text) // 2 :][:2]
    [cut] = model.generate([ask("one two three", stop=(stop,))])
    assert cut.text == whole.text[: whole.text.index(stop)]
    *pieces, done = model.stream(ask("one two three", stop=(stop,)))
    assert "".join(map(str, pieces)) == done.text == cut.text


@pytest.mark.parametrize("model", ALL, indirect=True)
def test_threads_get_the_answers_to_their_own_requests(model: LanguageModel) -> None:
    requests = [ask(f"number {i}") for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda r: told(model.generate([r])[0]), requests))
    assert answers == [told(model.generate([r])[0]) for r in requests]
