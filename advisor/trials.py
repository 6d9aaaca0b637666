"""Trials: one method on one fold. Finished ones are kept on disk and never run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.answering import Answer, Answerer, where_fitting
from advisor.errors import Cancelled
from advisor.files import write_atomically
from advisor.folds import PROBES, Fold
from advisor.kept_answers import Kept, KeptAnswers
from advisor.methods import Method, Situation, Training
from advisor.remembering_embedder import RememberingEmbedder
from advisor.use_case import Sample
from advisor.workbench import Workbench
from generation.errors import ContextTooLongError
from retrieval.corpus import Corpus

BLOCK = 32
"""Samples that are answered between two looks at the cancel flag."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One method on one fold."""

    method: Method
    fold: int
    split: Fold
    of: int = 1
    """Trials of this method in all."""
    part: int = 1
    """Above 1 it learned from one of so many samples of the fold, for a learning curve; nothing is timed."""

    @property
    def key(self) -> str:
        """Its file name in the store."""
        part = f"-1of{self.part}" if self.part > 1 else ""
        return f"{quote(self.method.name, safe=' @')}-{self.fold}{part}"


def calls_of(trial: Trial) -> int:
    """Answers that it asks of the language model, timing included."""
    n = len(trial.split.test)
    return n + min(_timed(trial), n) if trial.method.asks_model else 0


def _timed(trial: Trial) -> int:
    """Requests answered one at a time: the method's probes spread over its trials, and one to warm up."""
    return 1 + ceil(PROBES / trial.of) if trial.part == 1 else 0


class TrialStore:
    """Finished trials as parquet files; a file that exists is complete."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, trial: Trial) -> pa.Table | None:
        """The finished trial, or None."""
        path = self._path(trial)
        return pq.read_table(path) if path.exists() else None

    def save(self, trial: Trial, table: pa.Table) -> None:
        """Keep a finished trial; a crash leaves either nothing or all of it."""
        write_atomically(self._path(trial), as_parquet(table))

    def _path(self, trial: Trial) -> Path:
        return self._folder / f"{trial.key}.parquet"


def as_parquet(table: pa.Table) -> bytes:
    """The table as a parquet file's bytes."""
    buffer = BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Everything a trial is run with."""

    situation: Situation
    samples: Sequence[Sample]
    corpus: Corpus | None
    workbench: Workbench
    seed: int
    cancelled: Callable[[], bool]
    memory: RememberingEmbedder
    """Embeds what is learned from."""
    kept: KeptAnswers
    """Of methods that learn nothing, perhaps from an earlier measurement."""

    def run(self, trial: Trial) -> pa.Table:
        """Prepare on the train fold, answer the test fold; one row a test sample.

        Raises:
            Cancelled: before the trial, between two blocks of samples, or in the middle of a training.
            ContextTooLongError: not one input of the test fold fits the model.

        """
        self._check()
        with TemporaryDirectory() as scratch:
            folder = Path(scratch)
            began = time.perf_counter() + self.memory.spared
            plan = trial.method.prepare(self._training(trial, folder))
            prepared = time.perf_counter() + self.memory.spared - began
            answerer = Answerer(plan, folder, self.workbench, self.corpus, memory=self.memory)
            known = {} if trial.method.learns else self.kept.of(plan)
            answers = self._answer(answerer, trial.split.test, known)
            if not any(answers):
                raise ContextTooLongError("not one input fits the model's context window")
            alone = self._known_latencies(trial, known) or self._latencies(answerer, trial, answers)
            if not trial.method.learns:
                inputs = [self.samples[i].input for i in trial.split.test]
                new = {text: Kept(a, alone.get(text)) for text, a in zip(inputs, answers, strict=True)}
                self.kept.keep(plan, new)
        return _table(trial, answers, list(alone.values()), prepared, plan.unlearned)

    def _training(self, trial: Trial, folder: Path) -> Training:
        examples = [self.samples[i] for i in trial.split.train]
        seed = self.seed + trial.fold
        tools = replace(self.workbench, embedder=self.memory)
        return Training(self.situation, examples, self.corpus, tools, folder, seed, self.cancelled)

    def _answer(
        self, answerer: Answerer, indices: Sequence[int], known: Mapping[str, Kept]
    ) -> list[Answer | None]:
        """None where the input does not fit the model; what is known is not asked again."""
        asked = [i for i in indices if self.samples[i].input not in known]
        found: dict[int, Answer | None] = {}
        for at in range(0, len(asked), BLOCK):
            self._check()
            block = asked[at : at + BLOCK]
            said = where_fitting(answerer.answer, [self.samples[i].input for i in block])
            found |= dict(zip(block, said, strict=True))
        return [found[i] if i in found else known[self.samples[i].input].answer for i in indices]

    def _known_latencies(self, trial: Trial, known: Mapping[str, Kept]) -> dict[str, float]:
        inputs = [self.samples[i].input for i in trial.split.test]
        return {t: s for t in inputs if t in known and (s := known[t].latency) is not None}

    def _latencies(
        self, answerer: Answerer, trial: Trial, answers: Sequence[Answer | None]
    ) -> dict[str, float]:
        """Seconds of single requests; the first only warms up."""
        fitting = [
            self.samples[i].input for i, answer in zip(trial.split.test, answers, strict=True) if answer
        ]
        asked = fitting[: _timed(trial)]
        timed = [answerer.answer([text])[0].seconds for text in asked]
        return dict(zip(asked[1:], timed[1:], strict=True)) or dict(zip(asked, timed, strict=True))

    def _check(self) -> None:
        if self.cancelled():
            raise Cancelled("stopped on request; finished trials are kept")


NOTHING = Answer("", 0, 0, 0.0)


def _table(
    trial: Trial, given: Sequence[Answer | None], alone: Sequence[float], prepared: float, unlearned: int
) -> pa.Table:
    n = len(given)
    answers = [answer or NOTHING for answer in given]
    return pa.table(
        {
            "method": [trial.method.name] * n,
            "fold": pa.array([trial.fold] * n, pa.int32()),
            "sample": pa.array(trial.split.test, pa.int32()),
            "output": [a.text for a in answers],
            "prompt_tokens": pa.array([a.prompt_tokens for a in answers], pa.int32()),
            "completion_tokens": pa.array([a.completion_tokens for a in answers], pa.int32()),
            "seconds": [a.seconds for a in answers],
            "latency": pa.array([*alone, *[None] * (n - len(alone))], pa.float64()),
            "prepare_seconds": [prepared] * n,
            "too_long": [answer is None for answer in given],
            "unlearned": pa.array([unlearned] * n, pa.int32()),
            "confidence": pa.array([a.confidence for a in answers], pa.float64()),
            "sources": pa.array([list(a.sources) for a in answers], pa.list_(pa.string())),
        }
    )
