"""Both sides: repeats out, near repeats together, labels on both sides, rows where they were."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.data.rows import LabelRow, Row, TextRow, as_json
from finetune.data.splitting import Split, split_rows

LABELS = "abc"
lists = st.lists(
    st.tuples(st.integers(0, 10**9), st.sampled_from(LABELS)), max_size=40, unique_by=lambda pair: pair[0]
)
patient = settings(max_examples=60, deadline=None)


def rows(pairs: list[tuple[int, str]], begin: int = 1) -> list[Row]:
    """Texts that share next to nothing."""
    numbered = enumerate(pairs, start=begin)
    return [LabelRow(line, text_of(number), label) for line, (number, label) in numbered]


def text_of(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def sides(split: Split) -> dict[str, bool]:
    """For each row whether it is a validation row."""
    kept = {as_json(row): False for row in split.training}
    return kept | {as_json(row): True for row in split.validation}


@given(lists, st.floats(0.05, 0.5), st.integers(0, 5))
@patient
def test_every_distinct_row_is_on_one_side(pairs: list[tuple[int, str]], share: float, seed: int) -> None:
    data = rows(pairs + pairs)
    split = split_rows(data, share, seed)
    assert len(split.training) + len(split.validation) == len(sides(split)) == len(pairs)
    assert split == split_rows(data, share, seed)


@given(lists, lists, st.integers(0, 5))
@patient
def test_rows_stay_where_they_are_when_others_come(
    pairs: list[tuple[int, str]], more: list[tuple[int, str]], seed: int
) -> None:
    known = {number for number, _ in pairs}
    fresh = [(number, label) for number, label in more if number not in known]
    before = sides(split_rows(rows(pairs), 0.3, seed))
    after = sides(split_rows(rows([*fresh, *pairs]), 0.3, seed))
    moved = [row for row in before if before[row] != after[row]]
    # Only the sole row of a label on a side may give way to a better candidate.
    for label in LABELS:
        assert sum(f'"label": "{label}"' in row for row in moved) <= 2
    assert [row for row in before if after[row] and not before[row]] == [] or len(moved) <= 2 * len(LABELS)


def test_rows_never_move_where_every_side_is_filled() -> None:
    old, new = [(i * 7919, LABELS[i % 3]) for i in range(300)], [(i * 104729, "a") for i in range(1, 900)]
    before = sides(split_rows(rows(old), 0.2, 1))
    after = sides(split_rows(rows([*new, *old]), 0.2, 1))
    assert all(after[row] == aside for row, aside in before.items())


@given(lists, st.floats(0.05, 0.5))
@patient
def test_every_label_with_two_rows_is_on_both_sides(pairs: list[tuple[int, str]], share: float) -> None:
    split = split_rows(rows(pairs), share)
    for label in LABELS:
        count = sum(own == label for _, own in pairs)
        there = [sum(row.learned == label for row in side) for side in (split.training, split.validation)]
        assert min(there) >= (1 if count >= 2 else 0) and sum(there) == count


@pytest.mark.parametrize("seed", range(5))
def test_near_repeats_stay_together(seed: int) -> None:
    data = [TextRow(i, text_of(i) + end) for i in range(200) for end in ("", ".")]
    split = split_rows(data, 0.3, seed)
    texts = [{row.learned.rstrip(".") for row in side} for side in (split.training, split.validation)]
    assert not texts[0] & texts[1]
    assert 80 < len(split.validation) < 160


def test_a_template_does_not_pull_all_rows_to_one_side() -> None:
    data = [
        TextRow(i, f"the printer on floor {i} of the main building does not work any more") for i in range(90)
    ]
    split = split_rows(data, 0.2)
    assert 5 < len(split.validation) < 40


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_nothing(share: float) -> None:
    split = split_rows(rows([(i, "a") for i in range(20)]), share)
    assert (len(split.validation), len(split.training)) == (20 * share, 20 * (1 - share))


def test_the_share_is_about_kept() -> None:
    split = split_rows(rows([(i * 7919, LABELS[i % 3]) for i in range(2000)]), 0.1)
    assert 150 < len(split.validation) < 250
