"""What a measurement depends on, as hashes: whoever holds the same ones may use what was measured again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from advisor.errors import UseCaseError
from advisor.files import write_atomically
from advisor.use_case import UseCase
from advisor.workbench import Workbench
from generation.catalog import is_remote
from generation.errors import UnknownModelError
from generation.fingerprint import folder_hash

TRIALS = "7"
"""Counts up when what a trial records changes."""
FINGERPRINT, SCOPE = "fingerprint", "scope"
"""Files that tell what trials, and what index and answers, depend on."""
WEIGHED_ONLY = ("name", "margin", "constraints", "economics", "budget")


def fingerprint(use_case: UseCase, workbench: Workbench) -> str:
    """A hash of all that trials depend on: the use case, the models' contents, this version of Trivium.

    What is only weighed afterwards is not in it, so that another margin costs no new trials.
    """
    return _hash([use_case.model_dump_json(exclude=set(WEIGHED_ONLY)), *_tools(use_case, workbench)])


def scope(use_case: UseCase, workbench: Workbench) -> str:
    """A hash of what the index depends on, and beside their plans the answers of what learns nothing."""
    documents = [document.model_dump_json() for document in use_case.corpus or ()]
    return _hash([*documents, *_tools(use_case, workbench)])


def _tools(use_case: UseCase, workbench: Workbench) -> list[str]:
    models = [name if is_remote(name) else _contents(name, workbench) for name in use_case.every_model]
    encoder = folder_hash(workbench.encoder) if workbench.encoder else ""
    return [*models, workbench.embedder.name, encoder, version("trivium"), TRIALS]


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _contents(model: str, workbench: Workbench) -> str:
    try:
        return folder_hash(workbench.catalog.folder(model))
    except UnknownModelError:  # not a folder of ours: a model that another source serves
        return model


def claim(folder: Path, use_case: UseCase, workbench: Workbench) -> None:
    """Mark the folder of a measurement; trials of anything else must never be mixed in.

    Raises:
        UseCaseError: it holds trials of something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark, mine = folder / FINGERPRINT, fingerprint(use_case, workbench)
    if mark.exists() and mark.read_text() != mine:
        raise UseCaseError("folder", f"{folder} holds trials of another use case or model; name a new folder")
    write_atomically(mark, mine.encode())
    write_atomically(folder / SCOPE, scope(use_case, workbench).encode())
