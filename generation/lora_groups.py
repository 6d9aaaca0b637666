"""The rows of a batch, in groups of one adapter each: what a batched product of matrices wants.

Groups have one size; a group with fewer rows computes some row once more, and nobody reads that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Owner = TypeVar("Owner", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Seats:
    """Where each row of a batch sits."""

    size: int
    """Seats of a group."""
    rows: tuple[int, ...]
    """The row in each seat, group by group."""
    seat_of: tuple[int, ...]
    """The seat of each row."""

    @property
    def are_in_order(self) -> bool:
        """Whether every row sits at its own number."""
        return self.rows == tuple(range(len(self.seat_of)))


def groups_for(owners: Sequence[Owner]) -> tuple[Owner, ...]:
    """The owner of each group, for rows with these owners: many rows of one owner take several groups.

    So there are at most twice as many seats as rows, and one owner's rows never make all groups long.
    """
    counts = Counter(owners)
    size = -(-len(owners) // len(counts))
    return tuple(owner for owner, count in counts.items() for _ in range(-(-count // size)))


def seats_in(groups: Sequence[Owner], owners: Sequence[Owner]) -> Seats | None:
    """Seats for the rows, shared evenly by the groups of their owners; None where an owner has no group."""
    places: dict[Owner, list[int]] = {owner: [] for owner in owners}
    for at, owner in enumerate(groups):
        if owner in places:
            places[owner].append(at)
    if not all(places.values()):
        return None
    members: list[list[int]] = [[] for _ in groups]
    for owner, ats in places.items():
        mine = [row for row, its in enumerate(owners) if its is owner]
        share = -(-len(mine) // len(ats))
        for turn, at in enumerate(ats):
            members[at] = mine[turn * share : (turn + 1) * share]
    size = max(map(len, members))
    rows = tuple(row for group in members for row in group + [0] * (size - len(group)))
    seat_of = {row: at * size + turn for at, group in enumerate(members) for turn, row in enumerate(group)}
    return Seats(size, rows, tuple(seat_of[row] for row in range(len(owners))))
