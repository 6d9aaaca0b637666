"""Requests that wait for the same weights are answered together, whatever adapter each asked for.

No thread of its own: whoever gets the turn answers for all that wait by then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from generation.language_model import Generation, LanguageModel, MixableModel, Mixer, Request

MOST_REQUESTS = 64
"""That are answered together; more wait for the next turn."""


@dataclass
class _Ticket:
    """Requests of one caller, and what became of them."""

    asked: list[tuple[Request, Any]]
    said: list[Generation] | None = None
    error: Exception | None = None

    @property
    def is_open(self) -> bool:
        return self.said is None and self.error is None


@dataclass
class _Queue:
    """Tickets that wait for one mixer."""

    turn: Lock = field(default_factory=Lock)
    waiting: deque[_Ticket] = field(default_factory=deque)


class Batcher:
    """Joins what several threads ask at the same time."""

    def __init__(self) -> None:
        self._queues: WeakKeyDictionary[Mixer, _Queue] = WeakKeyDictionary()
        self._making = Lock()

    def waiting(self, mixer: Mixer) -> int:
        """Callers that wait for the next turn."""
        queue = self._queues.get(mixer)
        return len(queue.waiting) if queue else 0

    def generate(self, model: LanguageModel, requests: Sequence[Request]) -> list[Generation]:
        """Answer the requests, perhaps together with others; raises as the model does."""
        if not isinstance(model, MixableModel):
            return model.generate(requests)
        ticket = _Ticket([(request, model.variant) for request in requests])
        with self._making:
            queue = self._queues.setdefault(model.mixer, _Queue())
        queue.waiting.append(ticket)
        while ticket.is_open:
            with queue.turn:
                if ticket.is_open:
                    _answer(model.mixer, _some(queue.waiting))
        if ticket.error is not None:
            raise ticket.error
        return ticket.said or []


def _some(waiting: deque[_Ticket]) -> list[_Ticket]:
    """The tickets of one turn, oldest first."""
    taken = [waiting.popleft()]
    while waiting and sum(len(t.asked) for t in [*taken, waiting[0]]) <= MOST_REQUESTS:
        taken.append(waiting.popleft())
    return taken


def _answer(mixer: Mixer, tickets: list[_Ticket]) -> None:
    """Answer them together; where one of them cannot be answered, each by itself."""
    try:
        said = iter(mixer.generate_mixed([pair for ticket in tickets for pair in ticket.asked]))
        for ticket in tickets:
            ticket.said = [next(said) for _ in ticket.asked]
    except Exception as error:  # noqa: BLE001 - it is raised to whoever asked
        if len(tickets) == 1:
            tickets[0].error = error
            return
        for ticket in tickets:
            _answer(mixer, [ticket])
