"""The replay bundle: one file from which every figure of a report is computed again, without any model.

It holds the use case without its documents, what was measured (answers, tokens, seconds), and the report.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from advisor.audit import Finding
from advisor.errors import UseCaseError
from advisor.estimate import situation_of
from advisor.experience import Experience
from advisor.measurement import Measurement
from advisor.methods import BY_NAME, method_name
from advisor.recommendation import Recommendation
from advisor.task import solved, understand
from advisor.trials import as_parquet
from advisor.use_case import UseCase
from advisor.weigh import weigh

USE_CASE, MEASUREMENT, TENSOR, REPORT = "use_case.json", "measurement.json", "tensor.parquet", "report.json"
CURVES, PART = "curves.parquet", "part"
"""The rows of learning curves, and their column that says what was learned from."""
CONFIRMATION, PARTLY = "confirmation.parquet", "partly.parquet"
"""Answers to the locked samples, and of methods that left the race."""
MOST_BYTES = 500_000_000
"""Of a member, unpacked."""
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""Of every member, so that the same report gives the same bytes."""


class _Measured(BaseModel):
    """A measurement but for its samples and its tensor."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    has_corpus: bool
    not_run: dict[str, str]
    failed: dict[str, str]
    audit: tuple[Finding, ...]
    folds: int
    documents: int
    index_seconds: float
    dropped: dict[str, str]
    stopped: str | None
    raced: bool = False
    locked: int = 0
    learned_from: float = 0.0
    shown: dict[str, tuple[bool, ...]] = {}
    elsewhere: Experience = Experience(model="")


def bundle(use_case: UseCase, measured: Measurement, report: Recommendation) -> bytes:
    """The bundle as one zip file."""
    rest = _Measured(
        has_corpus=measured.situation.has_corpus,
        **{name: getattr(measured, name) for name in _Measured.model_fields if name != "has_corpus"},
    )
    members = {
        USE_CASE: use_case.model_copy(update={"corpus": None}).model_dump_json().encode(),
        MEASUREMENT: rest.model_dump_json().encode(),
        TENSOR: as_parquet(pa.concat_tables(measured.tensor.values())),
        REPORT: report.model_dump_json().encode(),
    }
    learning = [
        rows.append_column(PART, pa.array([part] * len(rows), pa.int32()))
        for of in measured.curves.values()
        for part, rows in of.items()
    ]
    beside = {
        CURVES: learning,
        CONFIRMATION: list(measured.confirmation.values()),
        PARTLY: list(measured.partly.values()),
    }
    for name, tables in beside.items():
        if tables:
            members[name] = as_parquet(pa.concat_tables(tables))
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(ZipInfo(name, LONG_AGO), content, ZIP_DEFLATED)
    return out.getvalue()


def replay(path: Path, **changes: Any) -> tuple[Recommendation, list[str]]:
    """Weigh what a bundle holds again, perhaps with changed fields of the use case.

    Returns the recommendation, and the fields that differ from those of the bundle's own report.

    Raises:
        UseCaseError: the file is missing, no bundle, or of another version of Trivium.

    """
    if not path.is_file():
        raise UseCaseError(str(path), "does not exist; name a replay.zip that a recommendation has written")
    try:
        with path.open("rb") as file:
            use_case, measured, kept = _read(file)
    except (BadZipFile, KeyError, ValidationError, pa.ArrowInvalid) as error:
        raise UseCaseError(str(path), f"is no replay bundle of this version of Trivium ({error})") from None
    now = weigh(use_case.model_copy(update=changes), measured)
    return now, list(_differing(now, kept))


def _read(file: BinaryIO) -> tuple[UseCase, Measurement, Recommendation]:
    with ZipFile(file) as packed:
        if max(info.file_size for info in packed.infolist()) > MOST_BYTES:
            raise BadZipFile(f"a member is larger than {MOST_BYTES:,} bytes")
        use_case = UseCase.model_validate_json(packed.read(USE_CASE))
        rest = _Measured.model_validate_json(packed.read(MEASUREMENT))
        rows = {name: _rows(packed, name) for name in (TENSOR, CURVES, CONFIRMATION, PARTLY)}
        kept = Recommendation.model_validate_json(packed.read(REPORT))
    return use_case, _measurement(use_case, rest, rows), kept


def _rows(packed: ZipFile, member: str) -> dict[str, pa.Table]:
    """Method -> its rows; none where the measurement had no such part."""
    if member != TENSOR and member not in packed.namelist():
        return {}
    return _by(pq.read_table(io.BytesIO(packed.read(member))), "method")


def _by(rows: pa.Table, column: str) -> dict[Any, pa.Table]:
    """The rows of each value of a column, in order of appearance."""
    return {value: rows.filter(pc.equal(rows[column], value)) for value in rows[column].unique().to_pylist()}


def _measurement(use_case: UseCase, rest: _Measured, rows: Mapping[str, dict[str, pa.Table]]) -> Measurement:
    tensor = rows[TENSOR]
    if strange := {method_name(name) for of in rows.values() for name in of} - set(BY_NAME):
        raise BadZipFile(f"it measured {', '.join(sorted(strange))}, which this version does not know")
    task = understand(use_case)
    samples = solved(use_case.samples, task)
    return Measurement(
        situation=replace(situation_of(use_case), has_corpus=rest.has_corpus),
        samples=tuple(samples[i] for i in next(iter(tensor.values()))["sample"].to_pylist()),
        tensor=tensor,
        curves={
            name: {part: of.drop_columns([PART]) for part, of in _by(mine, PART).items()}
            for name, mine in rows[CURVES].items()
        },
        confirmation=rows[CONFIRMATION],
        partly=rows[PARTLY],
        **{name: getattr(rest, name) for name in _Measured.model_fields if name != "has_corpus"},
    )


def _differing(now: Recommendation, kept: Recommendation) -> Iterator[str]:
    """Fields with another content; through JSON, since that is what was kept."""
    again = Recommendation.model_validate_json(now.model_dump_json())
    for name in Recommendation.model_fields:
        if getattr(again, name) != getattr(kept, name):
            yield name
