"""Which methods' learning curves are measured, and from which parts of the train folds."""

from __future__ import annotations

from advisor.cascade import CASCADE
from advisor.methods import method_name
from advisor.use_case import Preset

PARTS = (4, 2)
"""One of so many samples of a train fold is learned from."""
GROWING = (CASCADE, "knn-few-shot", "feature-head", "encoder-lora", "lora", "stacked-lora", "rag-lora")
"""They learn more from more samples; the others show a fixed number of them, or none."""
CHEAP = ("feature-head",)
"""Of these a curve costs next to nothing; of the others it is measured with the preset thorough only."""
FEWEST = 10
"""Samples that the smallest part must hold: less says nothing of what is to come."""


def grows(candidate: str) -> bool:
    """Whether it learns more from more samples."""
    return method_name(candidate) in GROWING


def part_of(candidate: str, part: int) -> str:
    """The name under which its answers stand that it gave after learning from a part."""
    return f"{candidate}, 1 of {part}"


def parts_of(candidate: str, preset: Preset, learned_from: int) -> tuple[int, ...]:
    """The parts that its learning curve is measured with, where a fold has so many samples to learn from."""
    enough = learned_from >= FEWEST * max(PARTS)
    affordable = preset == "thorough" or method_name(candidate) in CHEAP
    return PARTS if enough and affordable and grows(candidate) else ()
