"""The truth: every method, prepared as a deployment is, answers the task's test lines.

The adviser never sees these lines. A method that learns nothing answers them once a task.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.answering import Answer, Answerer, where_fitting
from advisor.errors import DoesNotApply
from advisor.estimate import situation_of
from advisor.files import write_atomically
from advisor.measure import open_corpus
from advisor.methods import Method, Training
from advisor.task import solved
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from benchmarks.advisorbench.customers import BenchTask, Customer, use_case_of
from benchmarks.advisorbench.tensors import as_parquet
from finetune.errors import FinetuneError
from generation.errors import GenerationError, ModelUnavailableError
from retrieval.corpus import Corpus
from retrieval.errors import RetrievalError

BLOCK = 64
NOTHING = Answer("", 0, 0, 0.0)
"""Where the input does not fit the model."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The answers to the test lines of one task, kept in a folder; a file that exists is complete."""

    task: BenchTask
    folder: Path
    """Of this task, model and preset alone."""
    workbench: Workbench

    def of(self, customer: Customer, method: Method) -> pa.Table:
        """One row a test line: output, tokens, seconds, and the seconds of preparing."""
        path = self.folder / (customer.key if method.learns else "all") / f"{method.name}.parquet"
        if not path.exists():
            case = use_case_of(customer, self.task.pool) if method.learns else self.task.pool
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, as_parquet(self._answered(case, method)))
        return pq.read_table(path)

    @property
    def corpus_folder(self) -> Path:
        """Where the indexed corpus lies once `corpus` was called."""
        return self.folder / "corpus"

    def corpus(self) -> Corpus | None:
        """The indexed corpus, which all customers of the task share."""
        return open_corpus(self.task.pool.corpus, self.workbench, self.corpus_folder)

    def _answered(self, case: UseCase, method: Method) -> pa.Table:
        """A method that cannot be deployed answers nothing."""
        try:
            with TemporaryDirectory() as scratch:
                return self._deployed(case, method, Path(scratch))
        except ModelUnavailableError:  # of passing nature
            raise
        except (DoesNotApply, GenerationError, FinetuneError, RetrievalError):
            return _rows([NOTHING] * len(self.task.test), 0.0)

    def _deployed(self, case: UseCase, method: Method, folder: Path) -> pa.Table:
        situation, corpus = situation_of(case), self.corpus()
        examples = solved(case.samples, situation.task)
        began = time.perf_counter()
        plan = method.prepare(Training(situation, examples, corpus, self.workbench, folder, case.seed))
        prepared = time.perf_counter() - began
        answerer = Answerer(plan, folder, self.workbench, corpus)
        inputs = [line.input for line in self.task.test]
        blocks = [inputs[at : at + BLOCK] for at in range(0, len(inputs), BLOCK)]
        answers = [a or NOTHING for block in blocks for a in where_fitting(answerer.answer, block)]
        return _rows(answers, prepared)


def _rows(answers: Sequence[Answer], prepared: float) -> pa.Table:
    return pa.table(
        {
            "output": [a.text for a in answers],
            "confidence": pa.array([a.confidence for a in answers], pa.float64()),
            "prompt_tokens": [a.prompt_tokens for a in answers],
            "completion_tokens": [a.completion_tokens for a in answers],
            "seconds": [a.seconds for a in answers],
            "prepare_seconds": [prepared] * len(answers),
        }
    )
