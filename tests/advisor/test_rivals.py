"""What is a rival to the recommended method, and what is not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from advisor.cascade import CASCADE
from advisor.measurement import Measurement
from advisor.methods import Situation
from advisor.task import understand
from advisor.use_case import UseCase
from advisor.weigh import weigh
from tests.advisor.test_cascade import rows

N = 100


def labels(**more: object) -> UseCase:
    samples = [{"input": f"case number {i}", "output": "yes" if i % 2 else "no"} for i in range(N)]
    return UseCase.model_validate({"description": "Yes or no?", "samples": samples, **more})


def measured(case: UseCase, tensor: Mapping[str, pa.Table]) -> Measurement:
    situation = Situation(understand(case), case.model, case.preset, has_corpus=False, data_may_leave=True)
    return Measurement(situation, case.samples, dict(tensor), {}, {}, (), 5, 0, 0.0)


def answers(
    case: UseCase, right: np.ndarray, sure: np.ndarray | None = None, seconds: float = 1.0
) -> pa.Table:
    turned = {"yes": "no", "no": "yes"}
    said = [s.output if ok else turned[s.output] for s, ok in zip(case.samples, right, strict=True)]
    return rows(said, [None] * N if sure is None else sure.tolist(), seconds)


def with_cascade(case: UseCase, gained: int) -> dict[str, pa.Table]:
    """A head that knows of which ten answers it is unsure; the other method has so many of these right."""
    place = np.arange(N)
    head = answers(case, place >= 10, np.where(place < 10, 0.2, 0.9) + place / 10_000)
    return {"zero-shot": answers(case, (place < gained) | (place >= 60), seconds=0.1), "feature-head": head}


def test_a_cascade_that_is_hardly_better_is_no_rival_to_what_it_is_made_of() -> None:
    case = labels(margin=0.03)
    found = weigh(case, measured(case, with_cascade(case, gained=2)))
    by_name = {row.method: row for row in found.rows}
    assert by_name[CASCADE].score == 0.92 and by_name["feature-head"].score == 0.9
    assert (found.recommended, found.verdict) == ("feature-head", "clear")
    assert "made of feature-head" in str(by_name[CASCADE].excluded)
    assert any(flip.then == CASCADE and flip.condition == "margin" for flip in found.flips)


def test_a_cascade_that_is_better_by_more_than_the_margin_is_one() -> None:
    case = labels()
    found = weigh(case, measured(case, with_cascade(case, gained=8)))
    assert found.recommended == CASCADE


def test_a_cascade_that_is_cheaper_is_one_where_that_counts() -> None:
    """Three quarters of the samples spare it the dear method, which is as good."""
    case = labels(economics={"prefer": "cheapest"})
    place = np.arange(N)
    head = answers(case, place >= 25, np.where(place < 25, 0.2, 0.9) + place / 10_000, seconds=0.1)
    tensor = {"feature-head": head, "lora": answers(case, place >= 2, seconds=10.0)}
    for prefer, recommended in (("cheapest", CASCADE), ("simplest", "lora")):
        case = labels(economics={"prefer": prefer})
        assert weigh(case, measured(case, tensor)).recommended == recommended
