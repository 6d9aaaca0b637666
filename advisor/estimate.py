"""What a recommendation will take, before it starts. Loads no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from advisor.economics import by_tokens
from advisor.errors import UseCaseError
from advisor.folds import FOLDS, MOST_SAMPLES, PROBES, locked_count
from advisor.growing import parts_of
from advisor.methods import METHODS, Candidate, Method, Situation, candidates, rag_few_shot
from advisor.methods.few_shot import SHOTS
from advisor.methods.prompt_search import PromptSearch, race_answers
from advisor.prices import prices_for
from advisor.task import understand
from advisor.use_case import Preset, UseCase
from finetune.encoders.recipe import for_rows
from finetune.recipe import Recipe
from generation.catalog import is_remote
from generation.words import count_words

LOAD_SECONDS = 10.0
CONFIRMED = 2
"""Methods that are asked about the locked samples; which ones is not known before, so the dearest count."""
TOKENS_PER_WORD = 1.6
READ_TOKENS_PER_SECOND = 6_000.0
WRITE_SECONDS_PER_SAMPLE = 0.05
TRAIN_TOKENS_PER_SECOND = 2_500.0
PASSAGE_TOKENS = 600
EMBED_TOKENS_PER_SECOND = 8_000.0
POINT_TOKENS_PER_SECOND = 2_000.0
"""Of the passages that the reader reads."""
ENCODER_TRAIN_TOKENS_PER_SECOND = 1_000.0
SHOWN = {
    "one-shot": 1,
    "few-shot": SHOTS,
    "knn-few-shot": SHOTS,
    "prompt-search": SHOTS,
    "rag-few-shot": rag_few_shot.SHOTS,
}
"""Demonstrations of a prompt."""
EMBEDDING = ("knn-few-shot", "feature-head")
"""They embed every sample that they learn from, each once."""
CLASSIFYING = ("feature-head", "encoder-lora")
TRAINED = ("lora", "stacked-lora", "rag-lora", "encoder-lora")


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rough figures for the shipped model on two cores."""

    methods: tuple[str, ...]
    not_run: dict[str, str]
    trials: int
    samples: int
    seconds: int
    calls: int
    """Answers of a language model."""
    money: float | None
    """In the price table's currency; None where a remote model has no price."""


def situation_of(use_case: UseCase) -> Situation:
    """What the methods need to know to say whether they apply."""
    return Situation(
        task=understand(use_case),
        model=use_case.model,
        preset=use_case.preset,
        has_corpus=use_case.corpus is not None,
        data_may_leave=use_case.constraints.data_may_leave,
        corpus_words=_corpus_words(use_case),
        models=use_case.models,
    )


def applicable(situation: Situation) -> tuple[list[Candidate], dict[str, str]]:
    """The candidates that can be measured, and why the others cannot.

    Raises:
        UseCaseError: none can.
    """
    models = situation.models or (situation.model,)
    every = candidates(METHODS, models)
    not_run = {one.name: reason for one in every if (reason := one.why_not(situation))}
    if len(not_run) == len(every):
        told = "; ".join(f"{name}: {reason}" for name, reason in not_run.items())
        raise UseCaseError("model", f"no method can be measured with {', '.join(models)} ({told})")
    return [one for one in every if one.name not in not_run], not_run


def estimate(use_case: UseCase) -> Estimate:
    """Methods, trials and seconds of a use case.

    Raises:
        UseCaseError: no method can be measured.
    """
    situation = situation_of(use_case)
    runnable, not_run = applicable(situation)
    every = len(use_case.samples)
    locked = locked_count(every)
    n = min(every - locked, MOST_SAMPLES[use_case.preset])
    seconds = LOAD_SECONDS + _index_seconds(use_case)
    if any(c.method.name in EMBEDDING for c in runnable):
        seconds += every * _tokens(use_case) / EMBED_TOKENS_PER_SECOND
    learned = every - locked - n // FOLDS
    confirming = []
    for candidate in runnable:
        prepare, answer = seconds_of(candidate.method, use_case, learned)
        seconds += FOLDS * prepare + (n + PROBES) * answer
        for part in parts_of(candidate.name, use_case.preset, learned):
            from_part, _ = seconds_of(candidate.method, use_case, learned // part)
            seconds += FOLDS * from_part + n * answer
        confirming.append(prepare + locked * answer if locked else 0.0)
    seconds += sum(sorted(confirming)[-CONFIRMED:])
    calls = {
        c: _calls(c.method, use_case, n, learned) + n * len(parts_of(c.name, use_case.preset, learned))
        for c in runnable
        if c.asks_model
    }
    for c in sorted(calls, key=lambda c: calls[c])[-CONFIRMED:] if locked else ():
        calls[c] += locked + _calls(c.method, use_case, 0, learned) // FOLDS
    return Estimate(
        methods=tuple(c.name for c in runnable),
        not_run=not_run,
        trials=FOLDS * len(runnable),
        samples=n,
        seconds=round(seconds),
        calls=sum(calls.values()),
        money=_money(use_case, calls, seconds),
    )


def seconds_of(method: Method, use_case: UseCase, learned: int) -> tuple[float, float]:
    """Of preparing the method on so many samples, and of an answer."""
    answer = _answer_seconds(method, use_case)
    prepare = _searching(method, use_case.preset, learned) * answer
    return prepare + (_train_seconds(method, use_case, learned) if method.name in TRAINED else 0.0), answer


def _calls(method: Method, use_case: UseCase, n: int, learned: int) -> int:
    return n + FOLDS * (1 + ceil(PROBES / FOLDS) + _searching(method, use_case.preset, learned))


def _searching(method: Method, preset: Preset, learned: int) -> int:
    """Answers that preparing takes, a fold."""
    return race_answers(preset, learned) if method.name == PromptSearch.name else 0


def _money(use_case: UseCase, calls: Mapping[Candidate, int], seconds: float) -> float | None:
    """Tokens times prices where a remote model answers, else seconds times the price of the machine."""
    prices, money = prices_for(use_case), 0.0
    remote = [c for c in calls if is_remote(c.model)]
    for candidate in remote:
        written = sum(count_words(s.output) for s in use_case.samples) / len(use_case.samples)
        per_1000 = by_tokens(
            prices.models.get(candidate.model.removeprefix("openai:")),
            _prompt_tokens(candidate.method, use_case),
            written * TOKENS_PER_WORD,
        )
        if per_1000 is None:
            return None
        money += calls[candidate] * per_1000 / 1000
    return money if remote else seconds * prices.machine_per_hour / 3600


def _answer_seconds(method: Method, use_case: UseCase) -> float:
    embedding = 0.0
    if method.name in EMBEDDING or method.family in ("retrieval", "both"):
        embedding = _tokens(use_case) / EMBED_TOKENS_PER_SECOND
    if method.name in CLASSIFYING:
        return _tokens(use_case) / EMBED_TOKENS_PER_SECOND
    if method.name == "rag-reader":
        return embedding + PASSAGE_TOKENS / POINT_TOKENS_PER_SECOND
    return embedding + WRITE_SECONDS_PER_SAMPLE + _prompt_tokens(method, use_case) / READ_TOKENS_PER_SECOND


def _train_seconds(method: Method, use_case: UseCase, rows: int) -> float:
    if method.name == "encoder-lora":
        return rows * for_rows(rows).epochs * _tokens(use_case) / ENCODER_TRAIN_TOKENS_PER_SECOND
    return rows * Recipe.for_size(rows).epochs * _prompt_tokens(method, use_case) / TRAIN_TOKENS_PER_SECOND


def _prompt_tokens(method: Method, use_case: UseCase) -> float:
    """Of the description, the sample, and what the method shows with it."""
    passages = PASSAGE_TOKENS if method.family in ("retrieval", "both") else 0.0
    if method.name == "long-context":
        passages = _corpus_words(use_case) * TOKENS_PER_WORD
    told = count_words(use_case.description) * TOKENS_PER_WORD
    return told + (1 + SHOWN.get(method.name, 0)) * _tokens(use_case) + passages


def _tokens(use_case: UseCase) -> float:
    """Of a sample, on average."""
    words = sum(count_words(s.input) + count_words(s.output) for s in use_case.samples)
    return words / len(use_case.samples) * TOKENS_PER_WORD


def _index_seconds(use_case: UseCase) -> float:
    return _corpus_words(use_case) * TOKENS_PER_WORD / EMBED_TOKENS_PER_SECOND


def _corpus_words(use_case: UseCase) -> int:
    return sum(len(d.text.split()) for d in use_case.corpus or ())
