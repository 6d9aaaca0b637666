"""A response as it comes about: OpenAI's objects, and their events in OpenAI's order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from retrieval.answers.records import Citation, Source
from service.error_responses import describe
from service.schemas.responses import ResponseCreate
from service.storage.clock import now

Event = dict[str, Any]


class Narration:
    """Tells one response; `response` is its object as it stands."""

    def __init__(self, body: ResponseCreate) -> None:
        self._shows_results = body.shows_results
        self._sequence = 0
        self._place: dict[str, Any] = {}
        self.fault: Exception | None = None
        """Why the response failed."""
        self.response = _blank(body)

    def begin(self) -> Iterator[Event]:
        """The response is there."""
        yield self._event("response.created", response=self.shown())
        yield self._event("response.in_progress", response=self.shown())

    def search(self, question: str, sources: Sequence[Source]) -> Iterator[Event]:
        """Files were searched."""
        item: dict[str, Any] = {"id": f"fs_{uuid4().hex}", "type": "file_search_call"}
        item |= {"queries": [question], "results": None}
        at = {"output_index": len(self.response["output"]), "item_id": item["id"]}
        yield self._added(item | {"status": "in_progress"})
        for step in ("in_progress", "searching", "completed"):
            yield self._event(f"response.file_search_call.{step}", **at)
        item |= {"status": "completed", "results": [_result(source) for source in sources]}
        yield self._done(item)

    def write(self) -> Iterator[Event]:
        """The message begins."""
        item = {"id": f"msg_{uuid4().hex}", "type": "message", "role": "assistant"}
        self._place = {
            "item_id": item["id"],
            "output_index": len(self.response["output"]),
            "content_index": 0,
        }
        yield self._added(item | {"status": "in_progress", "content": []})
        yield self._event("response.content_part.added", **self._place, part=_part(""))

    def delta(self, text: str) -> Event:
        """A piece of its text."""
        return self._event("response.output_text.delta", **self._place, delta=text, logprobs=[])

    def finish(
        self, text: str, citations: Sequence[Citation], usage: tuple[int, int], *, cut_off: bool
    ) -> Iterator[Event]:
        """The message is whole, and the response with it."""
        place, status = self._place, "incomplete" if cut_off else "completed"
        annotations = [_annotation(one) for one in citations]
        for number, one in enumerate(annotations):
            yield self._event(
                "response.output_text.annotation.added", **place, annotation=one, annotation_index=number
            )
        part = _part(text, annotations)
        yield self._event("response.output_text.done", **place, text=text, logprobs=[])
        yield self._event("response.content_part.done", **place, part=part)
        item = {"id": place["item_id"], "type": "message", "role": "assistant", "status": status}
        yield self._done(item | {"content": [part]})
        self.response |= {"status": status, "completed_at": now(), "usage": _usage(*usage)}
        if cut_off:
            self.response["incomplete_details"] = {"reason": "max_output_tokens"}
        yield self._event(f"response.{status}", response=self.shown())

    def fail(self, fault: Exception) -> Event:
        """The response comes to nothing."""
        self.fault = fault
        error = {"code": "server_error", "message": describe(fault)[0]}
        self.response |= {"status": "failed", "error": error}
        return self._event("response.failed", response=self.shown())

    def shown(self) -> dict[str, Any]:
        """The response, with the passages found only where they were asked for."""
        return show(self.response, self._shows_results)

    def _added(self, item: dict[str, Any]) -> Event:
        at = len(self.response["output"])
        return self._event("response.output_item.added", output_index=at, item=item)

    def _done(self, item: dict[str, Any]) -> Event:
        at = len(self.response["output"])
        self.response["output"].append(item)
        return self._event("response.output_item.done", output_index=at, item=self.shown()["output"][at])

    def _event(self, kind: str, **fields: Any) -> Event:
        event = {"type": kind, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return event


def show(response: dict[str, Any], results: bool) -> dict[str, Any]:
    """A response with or without the passages found."""
    hidden: dict[str, Any] = {} if results else {"results": None}
    output = [item | hidden if item["type"] == "file_search_call" else item for item in response["output"]]
    return response | {"output": output}


def _blank(body: ResponseCreate) -> dict[str, Any]:
    choice = body.tool_choice if isinstance(body.tool_choice, str) else body.tool_choice.model_dump()
    usual = 0.0 if body.tool else 1.0
    return {
        "id": f"resp_{uuid4().hex}",
        "object": "response",
        "created_at": now(),
        "completed_at": None,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "metadata": body.metadata or {},
        "model": body.model,
        "output": [],
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": body.previous_response_id,
        "reasoning": {"effort": None, "summary": None},
        "store": body.store is not False,
        "temperature": usual if body.temperature is None else body.temperature,
        "text": {"format": {"type": "text"}},
        "tool_choice": choice,
        "tools": [tool.model_dump(exclude_none=True) for tool in body.tools],
        "top_p": 1.0 if body.top_p is None else body.top_p,
        "truncation": "disabled",
        "usage": None,
    }


def _part(text: str, annotations: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}


def _annotation(citation: Citation) -> dict[str, Any]:
    """OpenAI's file citation; the place in the text and the exact source are ours."""
    start, end = citation.supports
    source = {name: getattr(citation, name) for name in ("start", "end", "page", "quote", "score")}
    return {
        "type": "file_citation",
        "file_id": citation.file_id,
        "filename": citation.filename,
        "index": end,
        "start_index": start,
        "end_index": end,
        "source": source,
    }


def _result(source: Source) -> dict[str, Any]:
    names = ("file_id", "filename", "score", "text", "start", "end", "page")
    return {name: getattr(source, name) for name in names} | {"attributes": dict(source.attributes)}


def _usage(read: int, written: int) -> dict[str, Any]:
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }
