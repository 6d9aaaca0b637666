"""Groups of rows: every row sits in a group of its own adapter, in few seats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.lora_groups import groups_for, seats_in

BATCHES = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=40)


@given(BATCHES)
def test_every_row_sits_with_its_owner_and_seats_are_few(owners: list[str | None]) -> None:
    groups = groups_for(owners)
    seats = seats_in(groups, owners)
    assert seats is not None and len(seats.rows) == seats.size * len(groups) < 2 * len(owners) + len(groups)
    for row, owner in enumerate(owners):
        seat = seats.seat_of[row]
        assert seats.rows[seat] == row and groups[seat // seats.size] == owner
    assert len(set(seats.seat_of)) == len(owners)


@given(BATCHES, st.data())
def test_who_is_left_finds_seats_in_the_same_groups(owners: list[str | None], data: st.DataObject) -> None:
    left = data.draw(st.lists(st.sampled_from(owners), min_size=1, max_size=len(owners)))
    seats = seats_in(groups_for(owners), left)
    assert seats is not None
    assert [groups_for(owners)[seat // seats.size] for seat in seats.seat_of] == left


@pytest.mark.parametrize("owners", ["aabb", "abcd", "aaaa"])
def test_rows_that_lie_side_by_side_stay_where_they_are(owners: str) -> None:
    seats = seats_in(groups_for(list(owners)), list(owners))
    assert seats is not None and seats.are_in_order


def test_a_stranger_finds_no_seat() -> None:
    assert seats_in(["a", "b"], ["a", "c"]) is None
