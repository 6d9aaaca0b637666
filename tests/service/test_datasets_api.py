"""Checks of data sets over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

URL = "/v1/datasets/check"
ROWS = [{"prompt": f"What is {word}?", "completion": f"{word} is good"} for word in "abcdefghijkl"]


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def codes(report: dict[str, Any]) -> dict[str, list[int]]:
    return {finding["code"]: finding["lines"] for finding in report["findings"]}


@pytest.mark.parametrize(
    ("files", "form", "param"),
    [
        ({}, {"model": "pocket"}, "file"),
        ({"file": ("a.jsonl", b"{}")}, {"file_id": "file-x"}, "file"),
        ({"file": ("a.jsonl", b"{}")}, {"colour": "red"}, "colour"),
        ({"file": ("a.jsonl", b"{}")}, {"preview": "1000"}, "preview"),
    ],
)
def test_a_wrong_form_names_the_field(client: TestClient, files: Any, form: Any, param: str) -> None:
    answer = client.post(URL, files=files or None, data=form)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    absent = client.post(URL, data={"file_id": "file-none"})
    assert (absent.status_code, absent.json()["error"]["param"]) == (404, "file_id")
    unknown = client.post(URL, files={"file": ("a.jsonl", b"{}")}, data={"model": "gpt-9"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")


@pytest.mark.slow
def test_a_report_names_codes_and_lines(client: TestClient) -> None:
    rows = [*ROWS, {"prompt": "And m?", "completion": ""}, ROWS[0]]
    answer = client.post(URL, files={"file": ("a.jsonl", lines(rows))})
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["ok"], report["rows"], report["layout"]) == (False, 14, "prompt and completion")
    assert codes(report)["empty_field"] == [13] and codes(report)["duplicates"] == [14]
    assert report["tokens"] is None and report["preview"] == []


@pytest.mark.slow
def test_uploaded_files_are_compared_and_counted_in_tokens(client: TestClient) -> None:
    def upload(name: str, rows: list[dict[str, Any]]) -> str:
        file = client.post("/v1/files", files={"file": (name, lines(rows))}, data={"purpose": "fine-tune"})
        return str(file.json()["id"])

    long = {"prompt": "many " * 3000, "completion": "words"}
    ids = {"file_id": upload("a.jsonl", [*ROWS, long]), "validation_file_id": upload("b.jsonl", ROWS[3:5])}
    answer = client.post(URL, data={**ids, "model": "pocket", "preview": "1"})
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert codes(report)["overlap"] == [4, 5] and codes(report)["too_long"] == [13]
    assert report["tokens"]["longest"] > report["tokens"]["window"] == 2048
    (row,) = report["preview"]
    assert [part["learned"] for part in row["parts"]] == [False, True]
    assert row["parts"][1]["text"].startswith("a is good")


@pytest.mark.slow
@pytest.mark.parametrize("field", ["file", "validation_file"])
@pytest.mark.parametrize("content", [bytes(range(256)), b"", b"PK\x03\x04 no zip", b"colour,size\nred,1\n"])
def test_a_file_that_is_no_data_set_is_refused(client: TestClient, field: str, content: bytes) -> None:
    files = {"file": ("a.jsonl", lines(ROWS)), field: ("x.csv", content)}
    answer = client.post(URL, files=files)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, field), error
    assert len(error["message"]) > 20
