"""The folder of an evaluation: its questions, and a line for each that was asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from retrieval.evaluation.outcome import Outcome
from retrieval.evaluation.questions import LabelledQuestion, read_questions

QUESTIONS, OUTCOMES = "questions.jsonl", "outcomes.jsonl"


def as_lines(questions: Sequence[LabelledQuestion]) -> str:
    """Questions as JSON Lines."""
    return "".join(one.model_dump_json(exclude_none=True) + "\n" for one in questions)


def keep_questions(folder: Path, lines: str) -> None:
    """Make the folder of an evaluation."""
    folder.mkdir(parents=True)
    (folder / QUESTIONS).write_text(lines, "utf-8")


def kept_questions(folder: Path) -> list[LabelledQuestion]:
    """The questions of an evaluation."""
    return read_questions((folder / QUESTIONS).read_text("utf-8"))


def told_outcomes(folder: Path) -> list[dict[str, Any]]:
    """What was found, said and cited so far; a line that is not whole does not count."""
    path = folder / OUTCOMES
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    return [json.loads(line) for line in whole.splitlines()]


def resume_outcomes(folder: Path) -> list[Outcome]:
    """The outcomes so far, ready for more lines: one that a crash tore apart is gone."""
    told = told_outcomes(folder)
    (folder / OUTCOMES).write_text("".join(json.dumps(one) + "\n" for one in told), "utf-8")
    return [Outcome(**{**one, "cited": tuple(one["cited"])}) for one in told]


def add_outcome(folder: Path, outcome: Outcome) -> None:
    """Keep another outcome."""
    with (folder / OUTCOMES).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(outcome)) + "\n")
