"""What a recommendation will take, before it starts. Loads no model."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.errors import UseCaseError
from advisor.folds import FOLDS, MOST_SAMPLES
from advisor.methods import METHODS, Method, Situation
from advisor.task import understand
from advisor.use_case import UseCase

LOAD_SECONDS = 10.0
TOKENS_PER_WORD = 1.6
READ_TOKENS_PER_SECOND = 6_000.0
WRITE_SECONDS_PER_SAMPLE = 0.05
TRAIN_TOKENS_PER_SECOND = 2_500.0
TRAIN_PASSES = 6
PASSAGE_TOKENS = 600
EMBED_TOKENS_PER_SECOND = 8_000.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rough figures for the shipped model on two cores."""

    methods: tuple[str, ...]
    not_run: dict[str, str]
    trials: int
    samples: int
    seconds: int


def situation_of(use_case: UseCase) -> Situation:
    """What the methods need to know to say whether they apply."""
    return Situation(
        task=understand(use_case),
        model=use_case.model,
        preset=use_case.preset,
        has_corpus=use_case.corpus is not None,
        data_may_leave=use_case.constraints.data_may_leave,
    )


def applicable(situation: Situation) -> tuple[list[Method], dict[str, str]]:
    """The methods that can be measured, and why the others cannot.

    Raises:
        UseCaseError: none can.
    """
    reasons = {m.name: m.why_not(situation) for m in METHODS}
    not_run = {name: reason for name, reason in reasons.items() if reason}
    if len(not_run) == len(METHODS):
        told = "; ".join(f"{name}: {reason}" for name, reason in not_run.items())
        raise UseCaseError("model", f"no method can be measured with {situation.model!r} ({told})")
    return [m for m in METHODS if m.name not in not_run], not_run


def estimate(use_case: UseCase) -> Estimate:
    """Methods, trials and seconds of a use case.

    Raises:
        UseCaseError: no method can be measured.
    """
    situation = situation_of(use_case)
    runnable, not_run = applicable(situation)
    n = min(len(use_case.samples), MOST_SAMPLES[use_case.preset])
    words = sum(len(s.input.split()) + len(s.output.split()) for s in use_case.samples) / len(
        use_case.samples
    )
    tokens = (words + len(use_case.description.split())) * TOKENS_PER_WORD
    seconds = LOAD_SECONDS + _index_seconds(use_case)
    for method in runnable:
        seconds += n * (WRITE_SECONDS_PER_SAMPLE + tokens / READ_TOKENS_PER_SECOND)
        if method.family in ("fine-tuning", "both") and method.name != "feature-head":
            prompt = tokens + (PASSAGE_TOKENS if method.family == "both" else 0)
            seconds += (FOLDS - 1) * n * TRAIN_PASSES * prompt / TRAIN_TOKENS_PER_SECOND
    trials = sum(FOLDS if m.learns else 1 for m in runnable)
    return Estimate(tuple(m.name for m in runnable), not_run, trials, n, round(seconds))


def _index_seconds(use_case: UseCase) -> float:
    words = sum(len(d.text.split()) for d in use_case.corpus or ())
    return words * TOKENS_PER_WORD / EMBED_TOKENS_PER_SECOND
