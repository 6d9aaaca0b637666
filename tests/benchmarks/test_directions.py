"""The table of published directions; the experiments themselves take a model and minutes."""

from __future__ import annotations

from advisor.methods import BY_NAME
from benchmarks.directions import FACT_SCORES, FACTS, LABELS, table


def test_each_finding_is_held_against_what_was_measured() -> None:
    runs = [dict.fromkeys(FACT_SCORES, 0.5) | {"rag": better, "tuned": 0.4} for better in (0.9, 0.3, 0.7)]
    methods = [name for name in BY_NAME if name in ("few-shot", "knn-few-shot", "feature-head", "lora")]
    labels = {f"{name}@{size}": size / 200 for name in methods for size in (12, 24, 108)} | {"zero-shot": 0.1}
    lines = table(runs, [labels]).splitlines()
    assert len(lines) == 2 + len(FACTS) + len(LABELS)
    [rag] = [line for line in lines if "retrieval beats fine-tuning" in line]
    assert "88 against 59" in rag and "63 against 40" in rag and rag.endswith("| 2 of 3 |")
    [lifted] = [line for line in lines if "LoRA Land" in line]
    assert "54 against 10" in lifted and lifted.endswith("| 1 of 1 |")
