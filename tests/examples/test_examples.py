from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from advisor.task import understand
from advisor.use_case_files import load_use_case

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = sorted(path.parent for path in EXAMPLES.glob("*/task.json"))
PARTS = ("samples", "test")
FORM_KEYS = {"action", "city", "date", "name", "order", "product"}
KINDS = {"span": "short", "label": "labels", "json": "json"}

every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
every_part = pytest.mark.parametrize("part", PARTS)


def task_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "task.json").read_text("utf-8"))


def rows_of(folder: Path, part: str) -> list[dict[str, Any]]:
    path = folder / f"{part}.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def test_the_three_examples_are_there():
    names = ["handbook_questions", "reply_forms", "ticket_routing"]
    assert [folder.name for folder in FOLDERS] == names


@every_folder
def test_the_adviser_accepts_the_folder_and_sees_its_kind_and_metric(folder: Path):
    task = task_of(folder)
    understood = understand(load_use_case(folder))
    assert understood.kind == KINDS[task["output"]]
    assert understood.metric.name == task["metric"]


@every_folder
def test_task_json_counts_what_the_files_hold(folder: Path):
    task = task_of(folder)
    counted = {part: len(rows_of(folder, part)) for part in (*PARTS, "corpus")}
    assert counted == {part: task[f"n_{part}"] for part in counted}
    assert counted["samples"] >= 72
    assert counted["test"] >= 36
    assert task["name"] == folder.name
    assert task["license"] == "Apache-2.0"


@every_folder
def test_the_readme_tells_the_same_counts(folder: Path):
    task = task_of(folder)
    line = next(
        line
        for line in (EXAMPLES / "README.md").read_text("utf-8").splitlines()
        if f"| `{folder.name}`" in line
    )
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[2:] == [
        f"{task['output']}, {task['metric']}",
        *(str(task[f"n_{part}"]) for part in (*PARTS, "corpus")),
    ]


@every_folder
def test_no_input_comes_twice_in_samples_or_in_both_files(folder: Path):
    inputs = [" ".join(row["input"].lower().split()) for part in PARTS for row in rows_of(folder, part)]
    assert len(inputs) == len(set(inputs))


@every_folder
@every_part
def test_lines_have_their_fields_and_no_others(folder: Path, part: str):
    wanted = {"input", "output"} | ({"relevant"} if task_of(folder)["output"] == "span" else set())
    assert all(set(row) == wanted for row in rows_of(folder, part))


@every_part
def test_handbook_answers_stand_word_for_word_in_their_articles(part: str):
    folder = EXAMPLES / "handbook_questions"
    texts = {article["id"]: article["text"] for article in rows_of(folder, "corpus")}
    for row in rows_of(folder, part):
        assert 1 <= len(row["output"].split()) <= 6
        words = rf"(?<!\w){re.escape(row['output'])}(?!\w)"
        assert row["relevant"]
        assert all(re.search(words, texts[article]) for article in row["relevant"]), row


def test_handbook_articles_are_short_and_told_apart():
    articles = rows_of(EXAMPLES / "handbook_questions", "corpus")
    assert all(60 <= len(article["text"].split()) <= 130 for article in articles)
    assert all(len({article[field] for article in articles}) == len(articles) for field in ("id", "title"))


def test_every_routing_code_is_listed_and_has_samples_enough():
    folder = EXAMPLES / "ticket_routing"
    task = task_of(folder)
    for part, least in (("samples", 12), ("test", 5)):
        outputs = [row["output"] for row in rows_of(folder, part)]
        assert set(outputs) == set(task["labels"])
        assert min(map(outputs.count, task["labels"])) >= least
    assert all(label in task["description"] for label in task["labels"])


@every_part
def test_reply_forms_are_sorted_and_copied_from_the_message(part: str):
    for row in rows_of(EXAMPLES / "reply_forms", part):
        form = json.loads(row["output"])
        assert set(form) <= FORM_KEYS
        assert list(form) == sorted(form)
        for value in form.values():
            assert re.search(rf"(?<!\w){re.escape(value)}(?!\w)", row["input"]), row
