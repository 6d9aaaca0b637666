"""`trivium data check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import app

ROWS = [{"text": f"{kind} {word * 6}", "label": kind} for word in "abcdefghij" for kind in ("good", "bad")]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def check(*arguments: Any) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["data", "check", *map(str, arguments)])


def test_a_table_says_what_is_wrong_and_where(tmp_path: Path) -> None:
    result = check(write(tmp_path / "a.jsonl", [*ROWS, {"text": "", "label": "good"}]))
    assert result.exit_code == 1
    for words in ("JSONL, text and label: 21 rows; 1 error", "empty_field", "Line 21", "--fix does it"):
        assert words in result.output


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    result = check(write(tmp_path / "a.jsonl", ROWS))
    assert result.exit_code == 0 and "no errors, 1 warning" in result.output


def test_json_is_the_whole_report(tmp_path: Path) -> None:
    result = check(write(tmp_path / "a.jsonl", ROWS), "--json")
    report = json.loads(result.output)
    assert (report["ok"], report["rows"], report["labels"]) == (True, 20, {"good": 10, "bad": 10})
    assert [finding["code"] for finding in report["findings"]] == ["few_rows"]


def test_fix_writes_what_it_says_and_judges_that(tmp_path: Path) -> None:
    rows = [*ROWS, {"text": "", "label": "good"}, ROWS[0], {"text": " bad kkkk ", "label": "bad"}]
    out = tmp_path / "out.jsonl"
    result = check(write(tmp_path / "a.jsonl", rows), "--fix", out)
    assert result.exit_code == 0, result.output
    for words in (
        "empty_field: Left rows",
        "duplicates: Left repeats",
        "21 rows written",
        "Left to do: 21 rows",
    ):
        assert words in result.output
    written = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert written == [*ROWS, {"text": "bad kkkk", "label": "bad"}]


def test_fix_tells_what_it_did_as_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [*ROWS, ROWS[0]])
    told = json.loads(check(path, "--fix", tmp_path / "out.jsonl", "--json").output)
    assert [change["code"] for change in told["changes"]] == ["duplicates"]
    assert (told["before"]["rows"], told["after"]["rows"]) == (21, 20)


def test_a_validation_file_is_kept_apart(tmp_path: Path) -> None:
    validation = write(tmp_path / "v.jsonl", ROWS[:2])
    result = check(write(tmp_path / "a.jsonl", ROWS), "--validation", validation)
    assert result.exit_code == 1 and "overlap" in result.output and "2 to validate" in result.output


@pytest.mark.parametrize(
    ("content", "says"), [("", "empty"), ("hello", "no rows"), ("x,y\n1,2\n", "prompt and completion")]
)
def test_an_unreadable_file_is_one_clear_error(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    result = check(tmp_path / "a.csv")
    assert result.exit_code == 2 and says in result.output and "Traceback" not in result.output


def test_what_cannot_be_done_is_refused_before_reading(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ROWS)
    assert check(path, "--fix", path).exit_code == 2
    assert check(path, "--fix", tmp_path / "no" / "out.jsonl").exit_code == 2
    assert check(tmp_path / "absent.csv").exit_code == 2
    unwritable = check(path, "--fix", "/proc/out.jsonl")
    assert unwritable.exit_code == 1 and "cannot be written" in unwritable.output
    unknown = check(path, "--model", "gpt-9")
    assert unknown.exit_code == 2 and "pocket" in unknown.output
    assert path.read_text("utf-8").count("\n") == 19


@pytest.mark.slow
def test_a_model_counts_tokens_and_shows_what_is_learned(tmp_path: Path) -> None:
    result = check(write(tmp_path / "a.jsonl", ROWS), "--model", "pocket", "--preview", "1")
    assert result.exit_code == 0
    assert "tokens an epoch" in result.output and "«good<|end|>»" in result.output


def test_split_parts_the_rows_and_says_what_it_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [*ROWS, ROWS[0], {"nothing": 1}])
    sides = [tmp_path / "t.jsonl", tmp_path / "v.jsonl"]

    def split(*arguments: Any) -> Result:
        return CliRunner().invoke(app, ["data", "split", *map(str, arguments)])

    result = split(path, "--training", sides[0], "--validation", sides[1], "--share", "0.3")
    assert result.exit_code == 0 and "Repeats left out: 1; rows that could not be read: 1" in result.output
    lines = [side.read_text("utf-8").splitlines() for side in sides]
    assert sorted(map(json.loads, lines[0] + lines[1]), key=str) == sorted(ROWS, key=str)
    assert check(sides[0], "--validation", sides[1], "--json").output.count('"overlap"') == 0
    assert split(path, "--training", sides[0], "--validation", sides[0]).exit_code == 2
    assert split(path, "--training", path, "--validation", sides[0]).exit_code == 2
