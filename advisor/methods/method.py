"""The port of a method: say why it cannot apply, or prepare a plan from training samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from advisor.events import never
from advisor.plan import Plan
from advisor.task import Task
from advisor.use_case import Preset, Sample
from advisor.workbench import Workbench
from generation.catalog import is_remote
from generation.messages import Message

if TYPE_CHECKING:
    from retrieval.corpus import Corpus

Family = Literal["prompting", "retrieval", "fine-tuning", "both"]
LONGEST_ANSWER = 256


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a use case before anything is measured."""

    task: Task
    model: str
    preset: Preset
    has_corpus: bool
    data_may_leave: bool
    corpus_words: int = 0
    models: tuple[str, ...] = ()
    """All that are compared, where there are several; `model` is the one that a method is to ask."""


@dataclass(frozen=True, slots=True)
class Training:
    """What a method may learn from: one train fold, never the samples it is scored on."""

    situation: Situation
    examples: Sequence[Sample]
    corpus: Corpus | None
    workbench: Workbench
    folder: Path
    """Where artifacts of the plan go."""
    seed: int
    cancelled: Callable[[], bool] = never
    """Asked on the way by whatever takes long."""

    @property
    def max_tokens(self) -> int:
        """Room for an answer: a quarter more than the longest example needs."""
        model = self.workbench.catalog.open(self.situation.model)
        outputs = {e.output for e in self.examples}
        longest = max(model.count_tokens((Message("assistant", o),)) for o in outputs)
        return min(LONGEST_ANSWER, longest + longest // 4 + 4)

    def plan(self, method: str, **details: object) -> Plan:
        """A plan with the fields that every prompted method shares."""
        task = self.situation.task
        return Plan.model_validate(
            {
                "method": method,
                "model": self.situation.model,
                "instruction": task.instruction,
                "labels": task.labels,
                "max_tokens": self.max_tokens,
                **details,
            }
        )


class Method(Protocol):
    """A way to answer that can be prepared from samples and measured."""

    @property
    def name(self) -> str:
        """Its name in reports and URLs."""
        ...

    @property
    def family(self) -> Family:
        """Which of the three roads it takes."""
        ...

    @property
    def learns(self) -> bool:
        """False where nothing comes from the samples, so that one run answers them all."""
        ...

    @property
    def asks_model(self) -> bool:
        """Whether the use case's language model answers; if not, one run is enough for all models."""
        ...

    def why_not(self, situation: Situation) -> str | None:
        """The reason why it cannot apply, or None."""
        ...

    def prepare(self, training: Training) -> Plan:
        """Learn from the training samples; write artifacts to `training.folder`.

        Raises:
            DoesNotApply: only now it shows that it cannot.
        """
        ...


def needs_model(situation: Situation) -> str | None:
    """The reason why the named model may not be asked, or None."""
    if is_remote(situation.model) and not situation.data_may_leave:
        return f"the data may not leave, and {situation.model} is a remote model"
    return None


def needs_training(situation: Situation) -> str | None:
    """The reason why the language model cannot be trained, or None."""
    if is_remote(situation.model):
        return f"{situation.model} is a remote model; only local models are trained here"
    return "the quick preset trains no language model" if situation.preset == "quick" else None


def needs_time(situation: Situation) -> str | None:
    """The reason why the preset leaves it out, or None."""
    return "the quick preset leaves it out" if situation.preset == "quick" else None


def needs_corpus(situation: Situation) -> str | None:
    """The reason why there is nothing to retrieve from, or None."""
    return None if situation.has_corpus else "the use case has no corpus"
