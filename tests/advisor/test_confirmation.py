"""Samples that confirm the choice have no part in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.folds import LOCKED_LEAST, locked_indices
from advisor.recommend import recommend
from advisor.replay import replay
from advisor.use_case import Sample, UseCase
from generation.language_model import Request
from tests.advisor.test_recommend import workbench

NAMES = [
    a + b + c
    for a in "BDFGKLMNPR"
    for b in ("er", "on", "al", "uv", "ig")
    for c in ("den", "mar", "tik", "sol")
]


def offices() -> UseCase:
    samples = [{"input": f"Who leads the office of {name}?", "output": f"{name}son"} for name in NAMES]
    case = {"description": "Answer.", "samples": samples, "model": "scripted", "preset": "quick"}
    return UseCase.model_validate(case)


def knows_most(request: Request) -> str:
    name = request.messages[-1].content.split("office of ")[1].rstrip("?")
    return f"{name}son" if not name.endswith("sol") else "nobody"


def told(case: UseCase) -> tuple[list[Sample], set[str]]:
    locked = [case.samples[i] for i in locked_indices(case.samples)]
    return locked, {sample.input for sample in locked}


def test_the_choice_is_confirmed_on_what_had_no_say_in_it(tmp_path: Path) -> None:
    case, (bench, model) = offices(), workbench(knows_most)
    found = recommend(case, bench, tmp_path)
    locked = [case.samples[i] for i in locked_indices(case.samples)]
    names, asked = {sample.input for sample in locked}, [request.messages for request in model.requests]
    first = next(i for i, messages in enumerate(asked) if messages[-1].content in names)
    assert all(messages[-1].content in names for messages in asked[first:])
    assert not any(m.content in names for messages in asked[:first] for m in messages)
    assert not any(m.content in names for messages in asked[first:] for m in messages[:-1])

    assert (found.samples, found.locked) == (len(NAMES) - LOCKED_LEAST, LOCKED_LEAST)
    assert found.confirmation is not None and found.confirmation.samples == LOCKED_LEAST
    best = found.confirmation.methods[0]
    assert best.method == found.recommended == "zero-shot"
    right = sum(not sample.output.endswith("solson") for sample in locked) / LOCKED_LEAST
    assert best.score == pytest.approx(right) and best.interval[0] < right < best.interval[1]
    assert "in line with" in found.confirmation.message
    assert replay(tmp_path / "replay.zip") == (found, [])
    assert found.confirmation.message in (tmp_path / "report.html").read_text("utf-8")
    assert recommend(case, bench, tmp_path) == found and len(model.requests) == len(asked)


def test_what_the_locked_samples_say_changes_nothing_but_the_confirmation(tmp_path: Path) -> None:
    case, locked = offices(), locked_indices(offices().samples)
    samples = [
        Sample(input=s.input, output="somebody else") if i in locked else s
        for i, s in enumerate(case.samples)
    ]
    bench, _ = workbench(knows_most)
    found = recommend(case, bench, tmp_path / "one")
    other = recommend(case.model_copy(update={"samples": tuple(samples)}), bench, tmp_path / "other")
    assert other.sentence == found.sentence and other.winner_score == found.winner_score
    assert [(row.method, row.interval) for row in other.rows] == [(r.method, r.interval) for r in found.rows]
    assert other.confirmation is not None and other.confirmation.methods[0].score == 0
    assert "less than the" in other.confirmation.message
