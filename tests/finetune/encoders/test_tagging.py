"""Tags as entities."""

from __future__ import annotations

import pytest

from finetune.encoders.tagging import Entity, entities, entity_f1


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O", []),
        ("B-PER I-PER O B-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),
        ("B-PER B-PER", [("PER", 0, 1), ("PER", 1, 2)]),
        ("I-PER I-LOC", [("PER", 0, 1), ("LOC", 1, 2)]),
        ("B-PER I-LOC I-LOC", [("PER", 0, 1), ("LOC", 1, 3)]),
        ("PER PER O PER", [("PER", 0, 2), ("PER", 3, 4)]),
        ("O B-date-of-birth", [("date-of-birth", 1, 2)]),
        ("S-PER B-LOC E-LOC S-LOC", [("PER", 0, 1), ("LOC", 1, 3), ("LOC", 3, 4)]),
    ],
)
def test_tags_mean_entities(tags: str, found: list[tuple[str, int, int]]) -> None:
    assert entities(tags.split()) == [Entity(*one) for one in found]


def test_only_whole_entities_count() -> None:
    wanted = ["B-PER I-PER O", "B-LOC O B-PER"]
    assert entity_f1(wanted, wanted) == 1
    assert entity_f1(["B-PER O O", "B-LOC O O"], wanted) == pytest.approx(2 * 1 / (2 + 3))
    assert entity_f1(["O O"], ["O O"]) == 1
