"""Turns the body of POST /v1/recommendations into a checked use case and its estimate."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from advisor.errors import UseCaseError
from advisor.estimate import estimate
from advisor.use_case import UseCase, check
from advisor.use_case_files import parse_rows
from service.errors import InvalidRequest
from service.lookups import find_file
from service.resources import Resources

FROM_FILES = {
    "samples_file": ("samples", ("input", "output")),
    "corpus_file": ("corpus", ("id", "title", "text")),
}


def admit(here: Resources, body: bytes) -> UseCase:
    """Parse and check a use case; ids of uploaded JSONL files may stand for samples and corpus.

    Raises:
        InvalidRequest: not JSON, or both a field and its file are given.
        NotFound: there is no such file.
        UseCaseError: the use case cannot be measured.

    """
    data = _parse(body)
    for field, (target, columns) in FROM_FILES.items():
        if field in data:
            data[target] = _rows(here, data, field, target, columns)
            del data[field]
    return check(data)


def specify(use_case: UseCase) -> dict[str, Any]:
    """What the API tells of a use case without opening it again.

    Raises:
        UseCaseError: no method applies to it.

    """
    return {
        "name": use_case.name,
        "model": use_case.model,
        "models": list(use_case.models),
        "preset": use_case.preset,
        "seed": use_case.seed,
        "samples": len(use_case.samples),
        "documents": len(use_case.corpus or ()),
        "estimate": asdict(estimate(use_case)),
    }


def _parse(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body is not JSON ({error}); send a use case as UTF-8 JSON.") from None
    if not isinstance(data, dict):
        raise InvalidRequest("The body is not a JSON object; send a use case with description and samples.")
    return data


def _rows(
    here: Resources, data: dict[str, Any], field: str, target: str, columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    if target in data:
        raise InvalidRequest(f"{field}: {target} is given too; send one of the two.", field)
    if not isinstance(data[field], str):
        raise InvalidRequest(f"{field}: is not a file id; send the id of an uploaded file.", field)
    file = find_file(here, data[field], field)
    try:
        text = here.data.files.path(file).read_text("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest(
            f"{field}: {file.filename} is not UTF-8 text; upload JSON Lines.", field
        ) from None
    try:
        return parse_rows(text, columns, file.filename)
    except UseCaseError as error:
        raise InvalidRequest(f"{field}: {error.field} {error.message}", field) from None
