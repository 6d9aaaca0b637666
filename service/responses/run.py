"""Answers a request, event by event, and keeps the finished response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from starlette.concurrency import run_in_threadpool

from generation.errors import GenerationError
from generation.language_model import Generation
from generation.messages import Message
from retrieval.answers.records import INSUFFICIENT, Answered, Searched
from retrieval.errors import RetrievalError
from service.chat_deployments import answer_as_measured
from service.errors import InvalidRequest, ServiceError
from service.resources import Resources
from service.responses.conversation import ask_of, request_of
from service.responses.narration import Event, Narration
from service.schemas.chat import ChatRequest
from service.schemas.responses import ResponseCreate
from service.storage.job import Job
from service.storage.responses import StoredResponse

Items = AsyncIterator[Searched | str | Generation | Answered]


async def respond(
    here: Resources, body: ResponseCreate, before: Sequence[Message], narration: Narration
) -> AsyncIterator[Event]:
    """The events of a response; what goes wrong before the model or the search answers is raised.

    Raises:
        ServiceError, GenerationError, RetrievalError: nothing was told yet.
    """
    items = await _items(here, body, before)
    item: Searched | str | Generation | Answered | None = await anext(items)
    for event in narration.begin():
        yield event
    writing = False
    try:
        while item is not None:
            if not (writing or isinstance(item, Searched)):
                writing = True
                for event in narration.write():
                    yield event
            for event in await _tell(here, body, narration, item):
                yield event
            item = await anext(items, None)
    except (ServiceError, GenerationError, RetrievalError) as error:
        yield narration.fail(error)


async def _items(here: Resources, body: ResponseCreate, before: Sequence[Message]) -> Items:
    if job := await run_in_threadpool(here.data.jobs.serving, body.model):
        return _measured(here, job, body, before)
    if tool := body.tool:
        return here.engine.ask(ask_of(body, tool, before))
    return here.engine.stream(body.model, request_of(body, before))


async def _measured(here: Resources, job: Job, body: ResponseCreate, before: Sequence[Message]) -> Items:
    if body.tool:
        raise InvalidRequest(
            "tools: a deployment answers exactly as it was measured; leave them out.", "tools"
        )
    request = request_of(body, before)
    chat = ChatRequest(
        model=body.model,
        messages=[turn.as_dict() for turn in request.messages],
        max_tokens=body.max_output_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
    )
    answer = await answer_as_measured(here.engine, job, chat)
    yield answer.text
    yield Generation(answer.text, answer.prompt_tokens, answer.completion_tokens, 0.0, "stop")


async def _tell(
    here: Resources,
    body: ResponseCreate,
    narration: Narration,
    item: Searched | str | Generation | Answered,
) -> Sequence[Event]:
    if isinstance(item, str):
        return [narration.delta(item)]
    if isinstance(item, Searched):
        return list(narration.search(body.turns()[-1].content, item.sources))
    events = list(_ending(narration, item))
    if body.store is not False:
        await run_in_threadpool(here.data.responses.keep, _stored(body, narration))
    return events


def _ending(narration: Narration, item: Generation | Answered) -> Iterator[Event]:
    usage = item.prompt_tokens, item.completion_tokens
    if isinstance(item, Generation):
        yield from narration.finish(item.text, (), usage, cut_off=item.finish_reason == "length")
        return
    narration.response["answer"] = {
        "status": "insufficient_evidence" if item.abstained else "answered",
        "reason": item.reason,
        "confidence": item.confidence,
        "threshold": item.threshold,
        "reader": item.reader,
        "seconds": dict(item.seconds),
    }
    if item.abstained:
        yield narration.delta(INSUFFICIENT)
    text = INSUFFICIENT if item.abstained else item.text
    cut_off = item.cut_off and not item.abstained
    yield from narration.finish(text, item.citations, usage, cut_off=cut_off)


def _stored(body: ResponseCreate, narration: Narration) -> StoredResponse:
    response = narration.response
    return StoredResponse(response["id"], body.previous_response_id, tuple(body.turns()), response)
