"""Groups of texts that are nearly the same."""

from __future__ import annotations

from hashlib import shake_256
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.data.near import CHUNK, near_groups

STORY = "the quick brown fox jumps over the lazy dog while the old cat sleeps on the warm red roof"


def test_a_typo_does_not_part_two_texts() -> None:
    groups = near_groups([STORY, "something else entirely", STORY.replace("quick", "quikc"), STORY + "!"])
    assert groups[0] == groups[2] == groups[3] != groups[1]


def test_one_other_word_does() -> None:
    assert len(set(near_groups(["how do i reset my pin", "how do i reset my fan"]))) == 2


def test_nearly_all_of_many_planted_pairs_are_found_and_no_others() -> None:
    dice = Random(3)
    texts = ["".join(dice.choices("abcdefgh ", k=120)) for _ in range(2000)]
    twins = [text[:60] + "X" + text[61:] for text in texts[:500]]
    groups = near_groups([*texts, *twins])
    found = sum(groups[i] == groups[2000 + i] for i in range(500))
    assert found >= 495
    assert len(set(groups[:2000])) == 2000


def test_long_files_are_hashed_in_pieces() -> None:
    texts = [shake_256(bytes([i % 256, i // 256])).hexdigest(1999) for i in range(CHUNK // 3998 + 100)]
    groups = near_groups([*texts, texts[5] + "."])
    assert len(set(groups)) == len(texts)


@given(st.lists(st.text(max_size=12), max_size=20))
@settings(max_examples=50, deadline=None)
def test_wild_texts_are_grouped_and_equal_ones_together(texts: list[str]) -> None:
    groups = near_groups([*texts, *texts])
    assert groups[: len(texts)] == groups[len(texts) :]


def test_nothing_has_no_groups() -> None:
    assert near_groups([]) == []
    assert near_groups([""]) == [0]
