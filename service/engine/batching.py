"""Requests to the same weights are answered together, whatever adapter each asked for, whenever it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Lock
from weakref import WeakKeyDictionary

from generation.language_model import (
    Draft,
    Generation,
    LanguageModel,
    MixableModel,
    Mixer,
    Request,
    StreamingModel,
    Writing,
)


class Batcher:
    """Joins what several threads ask; answers that are under way go on while others begin."""

    def __init__(self) -> None:
        self._scribes: WeakKeyDictionary[Mixer, _Scribe] = WeakKeyDictionary()
        self._making = Lock()

    def generate(self, model: LanguageModel, requests: Sequence[Request]) -> list[Generation]:
        """Answer the requests, perhaps together with others; raises as the model does."""
        if not isinstance(model, MixableModel):
            return model.generate(requests)
        tickets = [_Ticket(model.mixer.draft(request, model.variant)) for request in requests]
        self._scribe(model.mixer).take(model.mixer, tickets)
        return [ticket.result() for ticket in tickets]

    def stream(self, model: LanguageModel, request: Request) -> Iterator[str | Generation]:
        """Pieces of text, then the whole; a model that cannot stream gives its answer in one piece."""
        if isinstance(model, MixableModel):
            ticket = _Ticket(model.mixer.draft(request, model.variant), in_pieces=True)
            self._scribe(model.mixer).take(model.mixer, [ticket])
            yield from ticket.pieces()
        elif isinstance(model, StreamingModel):
            yield from model.stream(request)
        else:
            (generation,) = model.generate([request])
            yield generation.text
            yield generation

    def _scribe(self, mixer: Mixer) -> _Scribe:
        with self._making:
            if mixer not in self._scribes:
                self._scribes[mixer] = _Scribe()
            return self._scribes[mixer]


@dataclass(slots=True)
class _Ticket:
    """What one caller waits for."""

    draft: Draft
    in_pieces: bool = False
    _told: SimpleQueue[str | Generation | Exception] = field(default_factory=SimpleQueue)

    def tell(self) -> None:
        """Hand over what is new."""
        if self.in_pieces and (piece := self.draft.news()):
            self._told.put(piece)
        if self.draft.is_finished:
            self._told.put(self.draft.generation())

    def fail(self, error: Exception) -> None:
        """Hand over what went wrong."""
        self._told.put(error)

    def pieces(self) -> Iterator[str | Generation]:
        """All that is told; whoever stops listening lets go of the answer."""
        try:
            while True:
                item = self._told.get()
                if isinstance(item, Exception):
                    raise item
                yield item
                if isinstance(item, Generation):
                    return
        finally:
            self.draft.give_up()

    def result(self) -> Generation:
        """The whole answer."""
        *_, generation = self.pieces()
        assert isinstance(generation, Generation)
        return generation


class _Scribe:
    """Writes all answers of the same weights, in a thread of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._lock, self._is_busy = Lock(), False
        self._arrived: deque[_Ticket] = deque()

    def take(self, mixer: Mixer, tickets: Sequence[_Ticket]) -> None:
        """Let these be written."""
        with self._lock:
            self._arrived.extend(tickets)
            if not self._is_busy:
                self._is_busy = True
                self._thread.submit(self._write, mixer)

    def _write(self, mixer: Mixer) -> None:
        """Until nobody waits."""
        writing = mixer.writing()
        under_way: list[_Ticket] = []
        while True:
            with self._lock:
                fresh = self._admitted(writing)
                if not (fresh or under_way):
                    self._is_busy = False
                    return
            under_way += fresh
            try:
                writing.join([ticket.draft for ticket in fresh])
                under_way = _told(under_way)
                writing.go_on()
                under_way = _told(under_way)
            except Exception as error:  # noqa: BLE001 - it is raised to those who asked
                for ticket in under_way:
                    ticket.fail(error)
                writing, under_way = mixer.writing(), []

    def _admitted(self, writing: Writing) -> list[_Ticket]:
        """Those who come next, as many as there is room for."""
        fresh: list[_Ticket] = []
        while self._arrived and writing.has_room([t.draft for t in (*fresh, self._arrived[0])]):
            fresh.append(self._arrived.popleft())
        return fresh


def _told(tickets: list[_Ticket]) -> list[_Ticket]:
    """Those that are not finished after all have heard what is new."""
    for ticket in tickets:
        ticket.tell()
    return [ticket for ticket in tickets if not ticket.draft.is_finished]
