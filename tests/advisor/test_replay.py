"""A bundle gives every figure again, and says when it does not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from advisor.errors import UseCaseError
from advisor.replay import bundle, replay
from advisor.trials import as_parquet
from advisor.weigh import weigh
from service.cli import app
from tests.advisor.measurements import measured, use_case


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = use_case(constraints={"monthly_volume": 1_000})
    evidence = measured(case, np.random.default_rng(1))
    path = tmp_path_factory.mktemp("bundle") / "replay.zip"
    path.write_bytes(bundle(case, evidence, weigh(case, evidence)))
    return path


def test_a_bundle_gives_the_same_report(packed: Path) -> None:
    result, differing = replay(packed)
    assert differing == []
    assert result.documents == 1


def test_the_documents_are_not_in_it(packed: Path) -> None:
    with ZipFile(packed) as content:
        assert b'"corpus":null' in content.read("use_case.json")


def test_another_margin_may_give_other_advice(packed: Path) -> None:
    wide, differing = replay(packed, margin=0.5)
    assert wide.recommended == "zero-shot"
    assert "margin" in differing


def test_the_command_says_whether_the_figures_are_those_of_the_report(packed: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["replay", str(packed), "--json", str(tmp_path / "again.json")])
    assert done.exit_code == 0
    assert "Every figure is as in the report" in done.output
    assert (tmp_path / "again.json").exists()


def repacked(packed: Path, name: str, change: Callable[[bytes], bytes], target: Path) -> Path:
    with ZipFile(packed) as old, ZipFile(target, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, change(content) if member == name else content)
    return target


def test_a_changed_figure_shows(packed: Path, tmp_path: Path) -> None:
    def better(content: bytes) -> bytes:
        report = json.loads(content)
        report["rows"][0]["score"] += 0.1
        return json.dumps(report).encode()

    done = CliRunner().invoke(
        app, ["replay", str(repacked(packed, "report.json", better, tmp_path / "r.zip"))]
    )
    assert done.exit_code == 1
    assert "says otherwise in: rows" in done.output


def test_methods_that_nobody_knows_are_refused(packed: Path, tmp_path: Path) -> None:
    def rename(content: bytes) -> bytes:
        rows = pq.read_table(io.BytesIO(content))
        names = pa.array(["telepathy" if m == "rag" else m for m in rows["method"].to_pylist()])
        return as_parquet(rows.set_column(rows.column_names.index("method"), "method", names))

    forged = repacked(packed, "tensor.parquet", rename, tmp_path / "r.zip")
    with pytest.raises(UseCaseError, match="telepathy"):
        replay(forged)


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_what_is_no_bundle_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "replay.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UseCaseError, match=r"replay\.zip"):
        replay(path)
