"""Use cases on disk: one JSON file, or a folder with task.json, samples.jsonl and perhaps corpus.jsonl.

A `test.jsonl` beside them is never read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from advisor.errors import UseCaseError
from advisor.use_case import UseCase, check

TASK_FIELDS = tuple(name for name in UseCase.model_fields if name not in ("samples", "corpus"))
MAX_FILE_BYTES = 200_000_000


def load_use_case(path: Path) -> UseCase:
    """Read a use case from a file or a folder.

    Raises:
        UseCaseError: a file is missing, not UTF-8, not JSON, or the use case is not valid.

    """
    if not path.exists():
        raise UseCaseError(str(path), "does not exist; name a JSON file or a folder with task.json")
    if path.is_dir():
        return check(_read_folder(path))
    return check(_parse(_read(path), str(path)))


def read_rows(path: Path, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """The lines of a JSONL file, reduced to the named fields.

    Raises:
        UseCaseError: names the file and the line that is not a JSON object.

    """
    return parse_rows(_read(path), fields, path.name)


def parse_rows(text: str, fields: tuple[str, ...], name: str) -> list[dict[str, Any]]:
    """The rows of JSONL text; see `read_rows`."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        row = _parse(line, f"{name} line {number}")
        if not isinstance(row, dict):
            raise UseCaseError(f"{name} line {number}", "is not a JSON object; write one object a line")
        rows.append({field: row[field] for field in fields if field in row})
    return rows


def _read_folder(folder: Path) -> dict[str, Any]:
    task = _parse(_read(folder / "task.json"), "task.json")
    if not isinstance(task, dict):
        raise UseCaseError("task.json", "is not a JSON object")
    data = {field: task[field] for field in TASK_FIELDS if field in task}
    data["samples"] = read_rows(folder / "samples.jsonl", ("input", "output"))
    if (folder / "corpus.jsonl").exists():
        data["corpus"] = read_rows(folder / "corpus.jsonl", ("id", "title", "text"))
    return data


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UseCaseError(
                path.name, f"is larger than {MAX_FILE_BYTES:,} bytes; send a random part of it"
            )
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise UseCaseError(path.name, f"is missing in {path.parent}") from None
    except UnicodeDecodeError:
        raise UseCaseError(path.name, "is not UTF-8 text; save it as UTF-8 JSON") from None


def _parse(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UseCaseError(name, f"is not JSON ({error}); write UTF-8 JSON") from None
