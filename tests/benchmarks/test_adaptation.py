"""The draw of samples and the table of `benchmarks.adaptation`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from benchmarks.adaptation import draw, table


def test_few_samples_are_of_each_label_in_turn_and_the_same_at_every_call(tmp_path: Path) -> None:
    told = {"description": "Say it.", "labels": ["a", "b", "c"]}
    rows = [{"input": f"text {i}", "output": "a" if i > 3 else "bc"[i % 2]} for i in range(40)]
    (tmp_path / "task.json").write_text(json.dumps(told))
    for name in ("samples.jsonl", "test.jsonl"):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
    case = draw(tmp_path, 6, 5)
    assert Counter(row["output"] for row in case.learned) == {"a": 2, "b": 2, "c": 2}
    assert len(case.asked) == 5
    assert draw(tmp_path, 6, 5) == case
    assert len(draw(tmp_path, 30, 5).learned) == 30


def test_means_are_of_the_tasks_that_every_way_did() -> None:
    def found(accuracy: float) -> dict[str, float]:
        return {"accuracy": accuracy, "seconds": 9.0, "cpu_seconds": 2.0}

    shown = table(
        {
            "sms_spam_filter/8/head": found(0.9),
            "sms_spam_filter/8/SetFit": found(0.8),
            "comment_emotion/8/head": found(0.1),
        }
    )
    assert "| 8 | sms_spam_filter | 90.0 % / 2.0 s | 80.0 % / 2.0 s |" in shown
    assert "| 8 | comment_emotion | 10.0 % / 2.0 s | - |" in shown
    assert "| 8 | mean of 1 | 90.0 % / 2.0 s | 80.0 % / 2.0 s |" in shown
