"""What several threads ask at the same time is answered in one go; knows nothing about what is asked.

No thread of its own and no waiting for company: whoever comes while nobody answers answers for itself, and
hands over to the first of those who came meanwhile, who answers for them all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Said = TypeVar("Said")


@dataclass(slots=True)
class _Ticket(Generic[Asked, Said]):
    """What one caller asked, and what became of it."""

    asked: Sequence[Asked]
    said: Sequence[Said] | None = None
    error: Exception | None = None
    called: Event = field(default_factory=Event)
    """Set once it is answered, or it is its caller's turn to answer."""

    @property
    def is_open(self) -> bool:
        return self.said is None and self.error is None


class Joiner(Generic[Asked, Said]):
    """Brings callers together.

    Args:
        most: things that are answered in one go, unless one caller asks more.

    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock, self._busy = Lock(), False
        self._waiting: deque[_Ticket[Asked, Said]] = deque()

    @property
    def waiting(self) -> int:
        """Callers that wait for the next turn."""
        return len(self._waiting)

    def ask(self, asked: Sequence[Asked], answer: Callable[[list[Asked]], Sequence[Said]]) -> Sequence[Said]:
        """What `answer` says to each thing, perhaps together with those of others; raises as it does."""
        ticket: _Ticket[Asked, Said] = _Ticket(asked)
        with self._lock:
            self._waiting.append(ticket)
            if not self._busy:
                self._busy = True
                ticket.called.set()
        ticket.called.wait()
        if ticket.is_open:
            self._take_turn(answer)
        if ticket.error is not None:
            raise ticket.error
        assert ticket.said is not None
        return ticket.said

    def _take_turn(self, answer: Callable[[list[Asked]], Sequence[Said]]) -> None:
        with self._lock:
            tickets = self._some()
        try:
            _answer(tickets, answer)
        finally:
            with self._lock:
                self._busy = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].called.set()
            for ticket in tickets:
                ticket.called.set()

    def _some(self) -> list[_Ticket[Asked, Said]]:
        """The tickets of one turn, oldest first."""
        taken = [self._waiting.popleft()]
        room = self._most - len(taken[0].asked)
        while self._waiting and len(self._waiting[0].asked) <= room:
            taken.append(self._waiting.popleft())
            room -= len(taken[-1].asked)
        return taken


def _answer(tickets: list[_Ticket[Asked, Said]], answer: Callable[[list[Asked]], Sequence[Said]]) -> None:
    """Answer them together; where one of them cannot be answered, each by itself."""
    try:
        said = answer([one for ticket in tickets for one in ticket.asked])
    except Exception as error:  # noqa: BLE001 - it is raised to whoever asked
        if len(tickets) == 1:
            tickets[0].error = error
            return
        for ticket in tickets:
            _answer([ticket], answer)
        return
    at = 0
    for ticket in tickets:
        ticket.said = said[at : at + len(ticket.asked)]
        at += len(ticket.asked)
