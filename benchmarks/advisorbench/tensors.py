"""What is kept of a measured customer: scores, seconds and tokens of every method, and no outputs.

One small parquet file a customer, `TASK/N-DRAW.parquet`: more customers are more files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from advisor.files import write_atomically
from advisor.scoring import Floats, Metric, metric_named

CONSTANT = "(constant)"
"""In the place of a method: the answer that is always the same."""
ABOUT = b"advisorbench"


class About(BaseModel):
    """One customer and how it was measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    kind: str
    n: int
    draw: int
    pool: int
    """Samples of the task."""
    model: str
    preset: str
    metric: str
    labels: tuple[str, ...] = ()
    """That macro F1 is the mean over."""
    margin: float
    corpus: bool
    learning: tuple[str, ...]
    """Methods that learn from the samples."""
    excluded: dict[str, str] = {}
    """Method -> the constraint that it breaks."""
    verdict: str
    """What the adviser said when it was measured."""
    recommended: str | None
    wall_seconds: float
    """From the adviser's first step to its last; indexing the corpus is in it."""
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Part:
    """One method on the customer's samples, each answered out of fold, or on the test lines."""

    columns: Floats
    """The metric's additive columns, shape (items, c)."""
    item: npt.NDArray[np.int64]
    """Place among the customer's samples, or line of test.jsonl; both from 0."""
    fold: npt.NDArray[np.int64]
    """-1 for test lines."""
    group: npt.NDArray[np.int64]
    """Equal for copies, which are one case."""
    stratum: npt.NDArray[np.int64]
    """Of macro F1: the wanted label; else 0."""
    seconds: Floats
    prepare_seconds: Floats
    """Of the fold, or on all samples."""
    prompt_tokens: npt.NDArray[np.int64]
    completion_tokens: npt.NDArray[np.int64]

    def of(self, chosen: npt.NDArray[np.bool_]) -> Part:
        """Those items alone."""
        return Part(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    def where(self, answered: npt.NDArray[np.bool_]) -> Part:
        """As if the other items had not been answered: their columns are 0."""
        return replace(self, columns=self.columns * answered[:, None])


@dataclass(frozen=True, slots=True)
class Tensor:
    """One customer; methods from the simplest to the most complex."""

    about: About
    samples: Mapping[str, Part]
    constant: Part
    test: Mapping[str, Part]

    @property
    def metric(self) -> Metric:
        """The task's metric."""
        return metric_named(self.about.metric, self.about.labels)


def save(tensor: Tensor, path: Path) -> None:
    """Write it, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [_table(name, "samples", part) for name, part in tensor.samples.items()]
    rows += [_table(CONSTANT, "samples", tensor.constant)]
    rows += [_table(name, "test", part) for name, part in tensor.test.items()]
    table = pa.concat_tables(rows)
    table = table.replace_schema_metadata({ABOUT: tensor.about.model_dump_json().encode()})
    write_atomically(path, as_parquet(table))


def load(path: Path) -> Tensor:
    """Read it."""
    table = pq.read_table(path)
    about = About.model_validate_json(table.schema.metadata[ABOUT])
    samples, test = (dict(_parts(table, which)) for which in ("samples", "test"))
    return Tensor(about, samples, samples.pop(CONSTANT), test)


def load_all(folder: Path) -> list[Tensor]:
    """Every tensor under the folder, by task, size and draw.

    Raises:
        FileNotFoundError: there is none.

    """
    found = [load(path) for path in folder.rglob("*.parquet")]
    if not found:
        raise FileNotFoundError(f"no tensors in {folder}; measure some, or name their folder with --tensors")
    return sorted(found, key=lambda t: (t.about.task, t.about.n, t.about.draw))


def as_parquet(table: pa.Table) -> bytes:
    """The table's bytes, small."""
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=15)
    return buffer.getvalue()


def _table(method: str, which: str, part: Part) -> pa.Table:
    n = len(part.item)
    return pa.table(
        {
            "method": [method] * n,
            "part": [which] * n,
            "item": pa.array(part.item, pa.int32()),
            "fold": pa.array(part.fold, pa.int8()),
            "group": pa.array(part.group, pa.int32()),
            "stratum": pa.array(part.stratum, pa.int16()),
            "columns": pa.array(list(part.columns), pa.list_(pa.float64())),
            "seconds": pa.array(part.seconds, pa.float32()),
            "prepare_seconds": pa.array(part.prepare_seconds, pa.float32()),
            "prompt_tokens": pa.array(part.prompt_tokens, pa.int32()),
            "completion_tokens": pa.array(part.completion_tokens, pa.int32()),
        }
    )


def _parts(table: pa.Table, which: str) -> Iterator[tuple[str, Part]]:
    mine = table.filter(pc.equal(table["part"], which))
    for method in mine["method"].unique().to_pylist():
        rows = mine.filter(pc.equal(mine["method"], method))
        columns = np.array(rows["columns"].to_pylist(), float)
        whole = ("item", "fold", "group", "stratum", "prompt_tokens", "completion_tokens")
        timed = ("seconds", "prepare_seconds")
        yield (
            method,
            Part(
                columns=columns,
                **{name: rows[name].to_numpy().astype(np.int64) for name in whole},
                **{name: rows[name].to_numpy().astype(float) for name in timed},
            ),
        )
