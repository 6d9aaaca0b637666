"""Answers of methods that learn nothing, kept by what they depend on: more samples ask only the new ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from advisor.answering import Answer
from advisor.files import write_atomically
from advisor.plan import Plan


class Kept(NamedTuple):
    """An answer as it was measured."""

    answer: Answer | None
    """None where the input did not fit the model."""
    latency: float | None = None
    """Seconds of the request alone, where that was measured."""


class KeptAnswers:
    """Input -> answer for each plan, in one file a plan.

    Args:
        scope: a hash of what a plan's answers depend on beside the plan: models, documents, this version.
    """

    def __init__(self, folder: Path, scope: str) -> None:
        self._folder, self._scope = folder, scope
        folder.mkdir(parents=True, exist_ok=True)

    def of(self, plan: Plan) -> dict[str, Kept]:
        """What was answered by the plan before."""
        path = self._path(plan)
        if not path.exists():
            return {}
        told = json.loads(path.read_text("utf-8"))
        return {text: Kept(_answer(given), latency) for text, (given, latency) in told.items()}

    def keep(self, plan: Plan, answers: Mapping[str, Kept]) -> None:
        """Add answers; a crash leaves the old file or the new one."""
        every = {**self.of(plan), **answers}
        told = {text: (asdict(k.answer) if k.answer else None, k.latency) for text, k in every.items()}
        write_atomically(self._path(plan), json.dumps(told).encode())

    def _path(self, plan: Plan) -> Path:
        depends_on = f"{self._scope}\n{plan.model_dump_json()}"
        return self._folder / f"{hashlib.sha256(depends_on.encode()).hexdigest()[:32]}.json"


def _answer(given: dict[str, object] | None) -> Answer | None:
    if given is None:
        return None
    return Answer(**{**given, "sources": tuple(given["sources"])})  # type: ignore[arg-type]
