"""What is refused at the door, and what the message says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import UseCaseError
from advisor.use_case import MAX_SAMPLES, MAX_WORDS, check
from advisor.use_case_files import load_use_case


def case(**changes: Any) -> dict[str, Any]:
    samples = [{"input": f"question {i}", "output": f"answer {i}"} for i in range(20)]
    return {"description": "Answer.", "samples": samples, **changes}


def test_takes_a_plain_use_case() -> None:
    found = check(case())
    assert len(found.samples) == 20
    assert found.model == "pocket"


def test_keeps_a_json_output_as_its_text() -> None:
    data = case()
    data["samples"][0]["output"] = {"b": "1", "a": "ü"}
    assert check(data).samples[0].output == '{"b": "1", "a": "ü"}'


@pytest.mark.parametrize(
    ("changes", "field", "remedy"),
    [
        ({"samples": []}, "samples", "has 0 samples"),
        ({"samples": [{"input": "a", "output": "b"}]}, "samples", "has 1 sample; between"),
        ({"samples": [{"input": "a", "output": "b"}] * 20}, "samples", "has 1 different input; at least 10"),
        ({"samples": [{"input": "a", "output": "b"}] * (MAX_SAMPLES + 1)}, "samples", "random part"),
        ({"samples": [{"input": f"{i % 9}!", "output": "b"} for i in range(20)]}, "samples", "label other"),
        ({"samples": [{"input": "a", "output": " "}] * 20}, "samples[0].output", "must not be empty"),
        ({"samples": [{"input": "a"}] * 20}, "samples[0].output", "required"),
        ({"samples": [{"input": "w " * (MAX_WORDS + 1), "output": "b"}] * 20}, "samples[0].input", "shorten"),
        (
            {"samples": [{"input": "字" * 2 * (MAX_WORDS + 1), "output": "b"}] * 20},
            "samples[0].input",
            "shorten",
        ),
        ({"samples": [{"input": "a", "output": "b", "id": 3}] * 20}, "samples[0].id", "not a field"),
        ({"corpus": []}, "corpus", "leave the field out"),
        ({"corpus": [{"id": "1", "text": "a"}, {"id": "1", "text": "b"}]}, "corpus", "its own id"),
        ({"labels": ["yes", "no"]}, "use case", "add it, or mend"),
        ({"descripton": "Answer."}, "descripton", "known are"),
        ({"constraints": {"max_latency_seconds": -1}}, "constraints.max_latency_seconds", "more than 0"),
        ({"economics": {"per_label": float("inf")}}, "economics.per_label", "finite"),
        ({"budget": {"seconds": float("nan")}}, "budget.seconds", "finite"),
        ({"constraints": {"monthly_volume": 10**400}}, "constraints.monthly_volume", "at most"),
        ({"preset": "fast"}, "preset", "quick"),
        ({"description": ""}, "description", "must not be empty"),
    ],
)
def test_names_the_field_and_the_remedy(changes: dict[str, Any], field: str, remedy: str) -> None:
    with pytest.raises(UseCaseError) as caught:
        check(case(**changes))
    assert caught.value.field == field
    assert remedy in caught.value.message


def write_folder(folder: Path, **files: str) -> Path:
    samples = "\n".join(json.dumps({"input": f"q {i}", "output": "a", "relevant": ["1"]}) for i in range(20))
    contents = {
        "task.json": '{"description": "Answer.", "metric": "token_f1"}',
        "samples.jsonl": samples,
        **files,
    }
    for name, text in contents.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def test_reads_a_folder_but_never_its_test_file(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, **{"test.jsonl": "not JSON", "corpus.jsonl": '{"id": "1", "text": "a"}'})
    task = json.loads((folder / "task.json").read_text())
    (folder / "task.json").write_text(json.dumps(task | {"budget": {"calls": 7}, "license": "MIT"}))
    found = load_use_case(folder)
    assert (found.metric, found.budget.calls) == ("token_f1", 7)
    assert found.corpus is not None and found.corpus[0].id == "1"


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ({"samples.jsonl": "{"}, "samples.jsonl line 1"),
        ({"samples.jsonl": "[1]"}, "samples.jsonl line 1"),
        ({"samples.jsonl": '{"input": ' + "9" * 5_000 + "}"}, "samples.jsonl line 1"),
        ({"task.json": "[]"}, "task.json"),
        ({"corpus.jsonl": ""}, "corpus"),
        ({"samples.jsonl": "\udcff\udcfe"}, "samples.jsonl"),
    ],
)
def test_says_which_file_is_wrong(tmp_path: Path, files: dict[str, str], field: str) -> None:
    with pytest.raises(UseCaseError) as caught:
        load_use_case(write_folder(tmp_path, **files))
    assert caught.value.field == field


def test_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UseCaseError, match="does not exist"):
        load_use_case(tmp_path / "nowhere")
    with pytest.raises(UseCaseError, match=r"task\.json: is missing"):
        load_use_case(tmp_path)
