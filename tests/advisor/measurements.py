"""Measurements made up for tests: four methods whose qualities, prices and speeds are drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from advisor.measurement import Measurement
from advisor.methods import Situation
from advisor.task import understand
from advisor.use_case import UseCase

METHODS = ("zero-shot", "few-shot", "rag", "lora")
SAMPLES = 60


def use_case(**more: Any) -> UseCase:
    samples = [{"input": f"question number {i}", "output": f"answer {i}"} for i in range(SAMPLES)]
    corpus = [{"id": "one", "text": "answers"}]
    return UseCase.model_validate(
        {"description": "Answer.", "metric": "exact_match", "samples": samples, "corpus": corpus, **more}
    )


def measured(case: UseCase, rng: np.random.Generator) -> Measurement:
    """Four methods whose qualities, prices and speeds are drawn at random."""
    luck = rng.random(SAMPLES)
    truth = dict(zip(METHODS, rng.normal(0.6, 0.08, len(METHODS)), strict=True))
    tensor = {}
    for name in METHODS:
        right = np.where(rng.random(SAMPLES) < 0.6, luck, rng.random(SAMPLES)) < truth[name]
        seconds = rng.uniform(0.1, 2)
        tensor[name] = pa.table(
            {
                "method": [name] * SAMPLES,
                "fold": [0] * SAMPLES,
                "sample": list(range(SAMPLES)),
                "output": [s.output if ok else "no" for s, ok in zip(case.samples, right, strict=True)],
                "prompt_tokens": [10] * SAMPLES,
                "completion_tokens": [1] * SAMPLES,
                "seconds": [seconds] * SAMPLES,
                "latency": rng.uniform(0.8, 1.2, SAMPLES) * seconds,
                "prepare_seconds": [rng.uniform(0, 500)] * SAMPLES,
                "too_long": [False] * SAMPLES,
                "unlearned": [0] * SAMPLES,
                "confidence": pa.array([None] * SAMPLES, pa.float64()),
                "sources": [["one"]] * SAMPLES,
            }
        )
    situation = Situation(understand(case), case.model, case.preset, has_corpus=True, data_may_leave=True)
    return Measurement(
        situation=situation,
        samples=case.samples,
        tensor=tensor,
        not_run={},
        failed={},
        audit=(),
        folds=5,
        documents=1,
        index_seconds=3.0,
    )
