"""Whatever a file holds, there is a report or one clear error."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from finetune.data.checking import check_dataset
from finetune.data.codes import CODES
from finetune.data.dataset import read_dataset
from finetune.data.errors import UnreadableDataError
from finetune.data.fixing import fix_dataset
from finetune.data.splitting import split_rows

NAMES = ("a.csv", "a.tsv", "a.json", "a.jsonl", "a.txt", "a.xlsx", "a.parquet", "a")
wild = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)
columns = st.sampled_from(
    ["messages", "prompt", "completion", "text", "label", "tokens", "tags", "role", " "]
)
messages = st.lists(
    st.fixed_dictionaries(
        {}, optional={"role": st.sampled_from(["user", "assistant", "x"]), "content": values}
    )
    | values,
    max_size=3,
)
objects = st.dictionaries(columns, messages | values, max_size=4)


def survive(path: Path, content: bytes, name: str) -> bool:
    """Read, check, repair and split; True where there were rows."""
    (path / "wild").write_bytes(content)
    try:
        data = read_dataset(path / "wild", name)
    except UnreadableDataError as error:
        assert 20 < len(str(error)) < 900 and "\n" not in str(error)[:20]
        return False
    report = check_dataset(data, data)
    json.dumps([f.message for f in report.findings], ensure_ascii=False).encode()
    assert all(f.code in CODES and f.message for f in report.findings)
    split = split_rows(fix_dataset(data).data.rows, 0.3)
    assert len(split.training) + len(split.validation) <= len(data.rows)
    return True


@wild
@given(content=st.binary(max_size=300), name=st.sampled_from(NAMES))
@example(content=b"text\n\x00\x00\n", name="a.csv")
@example(content=b"\xff\xfe\x00\x00", name="a.csv")
@example(content=b"\xef\xbb\xbf", name="a.jsonl")
@example(content=b'{"text": "\\ud800"}\n{"\\ud800": 1, "text": "a"}', name="a.jsonl")
@example(content=b'{"text": 1e999}\n{"text": NaN}\n{"text": ' + b"9" * 5000 + b"}", name="a.jsonl")
def test_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    survive(tmp_path, content, name)


@wild
@given(rows=st.lists(objects | values, max_size=6), form=st.sampled_from(["json", "jsonl"]))
def test_json(tmp_path: Path, rows: list[Any], form: str) -> None:
    written = json.dumps(rows) if form == "json" else "\n".join(json.dumps(row) for row in rows)
    survive(tmp_path, written.encode(), f"a.{form}")


@wild
@given(text=st.text(alphabet=st.sampled_from('ab",;\t\n\r\x00 é\ufeff\u2028'), max_size=60))
def test_tables(tmp_path: Path, text: str) -> None:
    survive(tmp_path, f"text,label\n{text}".encode(), "a.csv")
    survive(tmp_path, text.encode("utf-16"), "a.csv")


def a_workbook() -> bytes:
    book, sink = Workbook(), BytesIO()
    assert book.active is not None
    for row in [("text", "label"), *((f"row {i}", "xy"[i % 2]) for i in range(20))]:
        book.active.append(row)
    book.save(sink)
    return sink.getvalue()


def a_parquet_file() -> bytes:
    sink = BytesIO()
    pq.write_table(pa.table({"text": [f"row {i}" for i in range(20)], "label": ["x", "y"] * 10}), sink)
    return sink.getvalue()


@pytest.mark.parametrize("make", [a_workbook, a_parquet_file])
def test_damaged_packages(tmp_path: Path, make: Any) -> None:
    whole = make()
    assert survive(tmp_path, whole, "")
    for seed in range(60):
        dice = Random(seed)
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 3, 30))):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        cut = dice.randrange(len(damaged)) if seed % 3 == 0 else len(damaged)
        survive(tmp_path, bytes(damaged[:cut]), "a.xlsx")


@pytest.mark.parametrize(
    "content",
    [
        b'{"text": "alone"}',
        b'{"text": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"messages": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b'{"text": "' + b"x" * 2_000_000 + b'"}\n{"text": "short"}',
        b'{"text": "a\x00b"}\n' * 3,
        "\n".join(json.dumps({"text": "x", f"column {i}": i}) for i in range(2000)).encode(),
        ("text" + ",c" * 5000).encode(),
    ],
    ids=["one row", "deep", "deep messages", "huge", "NUL", "many columns", "wide"],
)
def test_extremes(tmp_path: Path, content: bytes) -> None:
    survive(tmp_path, content, "")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_million_rows(tmp_path: Path) -> None:
    with (tmp_path / "many.csv").open("w") as file:
        file.write("text,label\n")
        file.writelines(
            f"the customer of order {i * 7919} asks for {i % 1013} things,{'xyz'[i % 3]}\n"
            for i in range(10**6)
        )
    data = read_dataset(tmp_path / "many.csv")
    report = check_dataset(data)
    assert report.rows == 10**6 and report.labels["x"] == 333_334
