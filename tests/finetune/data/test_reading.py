"""Every format, with the line that each row begins on, and within bounds."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from finetune.data.checking import check_dataset
from finetune.data.dataset import Dataset
from finetune.data.errors import UnreadableDataError
from finetune.data.fixing import fix_dataset
from finetune.data.limits import Limits
from finetune.data.rows import ChatRow, LabelRow
from generation.messages import Message

Read = Callable[..., Dataset]
ROWS = [{"text": "good, really", "label": "yes"}, {"text": 'a "quoted"\nline', "label": "no"}]
WANTED = [("good, really", "yes"), ('a "quoted"\nline', "no")]


def as_csv(separator: str) -> bytes:
    told = [["text", "label"], ["good, really", "yes"], ['a "quoted"\nline', "no"]]
    quoted = (separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in told)
    return "\r\n".join(quoted).encode()


def as_workbook(path: Path, rows: list[list[object]], sheets: int = 1) -> bytes:
    book = Workbook()
    for number in range(sheets):
        sheet = book.active if not number else book.create_sheet(f"more {number}")
        assert sheet is not None
        for row in rows:
            sheet.append(row)
    book.save(path / "made.xlsx")
    return (path / "made.xlsx").read_bytes()


def as_parquet(path: Path, rows: list[dict[str, object]]) -> bytes:
    pq.write_table(pa.Table.from_pylist(rows), path / "made.parquet")
    return (path / "made.parquet").read_bytes()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    table = [["text", "label"], *([row["text"], row["label"]] for row in ROWS)]
    return {
        "a.csv": as_csv(","),
        "b.csv": as_csv(";"),
        "c.tsv": as_csv("\t"),
        "d.json": json.dumps(ROWS, indent=2).encode(),
        "e.json": json.dumps({"version": 1, "data": ROWS}).encode(),
        "f.jsonl": "\n".join(map(json.dumps, ROWS)).encode(),
        "g.xlsx": as_workbook(tmp_path, table),
        "h.parquet": as_parquet(tmp_path, ROWS),
    }


def values(data: Dataset) -> list[tuple[str, str]]:
    return [(row.text, row.label) for row in data.rows if isinstance(row, LabelRow)]


LINES = {
    "a.csv": [2, 3],
    "b.csv": [2, 3],
    "c.tsv": [2, 3],
    "d.json": [2, 6],
    "e.json": [1, 2],
    "f.jsonl": [1, 2],
    "g.xlsx": [2, 3],
    "h.parquet": [1, 2],
}


@pytest.mark.parametrize("name", LINES)
def test_every_format_gives_the_same_rows(read: Read, files: dict[str, bytes], name: str) -> None:
    data = read(files[name], name)
    assert values(data) == WANTED
    assert [row.line for row in data.rows] == LINES[name]
    assert data.format == {"e": "json"}.get(name[0], name.split(".")[1])
    assert not data.faults and not data.notices and not data.extra_columns


@pytest.mark.parametrize("name", ["a.csv", "d.json", "f.jsonl", "g.xlsx", "h.parquet"])
def test_the_content_counts_where_the_name_says_nothing(
    read: Read, files: dict[str, bytes], name: str
) -> None:
    assert values(read(files[name], "unnamed")) == WANTED


def test_line_numbers_skip_blank_lines_and_count_those_in_cells(read: Read) -> None:
    data = read(b'text,label\n\n"two\nlines",a\n\nb,b\n', "a.csv")
    assert [row.line for row in data.rows] == [3, 6]
    assert [row.line for row in read(b'\n{"text": "a"}\n\n{"text": "b"}\n').rows] == [2, 4]


def test_rows_of_json_that_share_a_line_are_numbered(read: Read) -> None:
    content = json.dumps([*ROWS, ROWS[0]]).encode()
    data = read(content, "a.json")
    assert [row.line for row in data.rows] == [1, 2, 3]
    finding = next(f for f in check_dataset(data).findings if f.code == "duplicates")
    assert finding.lines == (3,)
    assert [row.line for row in fix_dataset(data).data.rows] == [1, 2]


def test_a_single_chat_is_no_array_of_rows(read: Read) -> None:
    said = [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]
    (row,) = read(json.dumps({"conversations": said}, indent=1).encode(), "a.json").rows
    assert isinstance(row, ChatRow) and row.texts == ("q", "a")


def test_plain_text_is_a_row_a_paragraph(read: Read) -> None:
    data = read(b"\nOne\nand more.\n\n\nTwo.\n", "a.txt")
    assert [(row.line, row.learned) for row in data.rows] == [(2, "One\nand more."), (6, "Two.")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_recognised(read: Read, encoding: str) -> None:
    text = "text,label\nGrüße aus Köln,ja\nschön €,nein\n"
    data = read(text.encode(encoding), "a.csv")
    assert values(data) == [("Grüße aus Köln", "ja"), ("schön €", "nein")]
    assert bool(data.notices) is not encoding.startswith("utf-8")


def test_another_encoding_is_read_and_told(read: Read) -> None:
    data = read("text,label\nGrüße,ja\n".encode("cp1252"), "a.csv")
    assert values(data) == [("Grüße", "ja")]
    assert [notice.code for notice in data.notices] == ["not_utf8"]


def test_numbers_become_text_as_people_write_them(read: Read, tmp_path: Path) -> None:
    table: list[list[object]] = [
        ["text", "label"],
        ["a", 1],
        ["b", 2.0],
        ["c", 2.5],
        ["d", True],
        ["e", None],
    ]
    labels = [row.learned for row in read(as_workbook(tmp_path, table), "a.xlsx").rows]
    assert labels == ["1", "2", "2.5", "true", ""]


def test_other_sheets_are_told(read: Read, tmp_path: Path) -> None:
    data = read(as_workbook(tmp_path, [["text"], ["a"]], sheets=2), "a.xlsx")
    assert len(data.rows) == 1 and "'more 1'" in data.notices[0].message


def test_a_list_in_a_cell_is_read(read: Read, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]
    wanted = (Message("user", "hi"), Message("assistant", "ho"))
    table = as_workbook(tmp_path, [["messages"], [json.dumps(turns)]])
    for content, name in [(table, "a.xlsx"), (as_parquet(tmp_path, [{"messages": turns}]), "a.parquet")]:
        (row,) = read(content, name).rows
        assert isinstance(row, ChatRow) and row.messages == wanted


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.csv", "empty"),
        (b" \n\n ", "a.jsonl", "blank"),
        (b"text,label\n", "a.csv", "no rows"),
        (b"text,text\na,b\n", "a.csv", "Two columns"),
        (b'text,label\n"never closed,a\n' + b"b,b\n" * 9, "a.csv", "line 2"),
        (b"hello\nworld", "a.csv", "prompt and completion"),
        (b'{"colour": "red"}', "a.jsonl", "'colour'"),
        (b"{bad\n{worse\n", "a.jsonl", "Not one of 2"),
        (b'[{"text": "a"}, {"text": ]', "a.json", "line 1"),
        (b'[\n{"text": "a"}\n{"text": "b"}]', "a.json", "line 3"),
        (b'[{"text": "a"}]\n[{"text": "b"}]', "a.json", "line 2"),
        (b'"text"', "a.json", "no array"),
        (b"[" * 100_000, "a.json", "too deeply"),
        (b"\x00\x01\x02\x03" * 50, "a.csv", "no text"),
        (b"PK\x03\x04broken", "a.xlsx", "no such file"),
        (b"PAR1broken", "a.parquet", "Parquet"),
        (b"\x1f\x8b\x08", "a.jsonl.gz", "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1", "a.xls", "XLSX"),
        (b"\xff\xfea", "a.csv", "UTF-8"),
    ],
)
def test_a_file_without_rows_says_what_to_do(read: Read, content: bytes, name: str, says: str) -> None:
    with pytest.raises(UnreadableDataError, match=says):
        read(content, name)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    from finetune.data.dataset import read_dataset

    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(UnreadableDataError, match=path.name):
            read_dataset(path)


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(file_bytes=20), "more than 20"),
        (Limits(rows=1), "more than 1 rows"),
        (Limits(unpacked_bytes=20), "more than 20 characters"),
    ],
)
def test_bounds_refuse_the_file(read: Read, limits: Limits, says: str) -> None:
    with pytest.raises(UnreadableDataError, match=says):
        read(ROWS, limits=limits)


def test_a_huge_field_costs_only_its_row(read: Read) -> None:
    data = read([*ROWS, {"text": "x" * 101, "label": "yes"}], limits=Limits(cell_characters=100))
    assert len(data.rows) == 2 and [(f.line, f.code) for f in data.faults] == [(3, "huge_field")]


def test_a_spreadsheet_that_unpacks_to_much_is_refused(read: Read, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * 3_000_000)
    content = (tmp_path / "bomb.xlsx").read_bytes()
    assert len(content) < 10_000
    with pytest.raises(UnreadableDataError, match="3,000,000"):
        read(content, "bomb.xlsx", limits=Limits(unpacked_bytes=1_000_000))


def test_a_packed_value_that_repeats_is_counted_each_time(read: Read, tmp_path: Path) -> None:
    content = as_parquet(tmp_path, [{"text": "x" * 10_000}] * 1000)
    assert len(content) < 100_000
    with pytest.raises(UnreadableDataError, match="more than 1,000,000 characters"):
        read(content, "a.parquet", limits=Limits(unpacked_bytes=1_000_000))
