"""Go on from an earlier measurement with more samples or a larger budget: what stays valid is used again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor.errors import UseCaseError
from advisor.fingerprint import FINGERPRINT, SCOPE, fingerprint, scope
from advisor.measure import ANSWERS, CORPUS, FINISHED, INDEX_SECONDS
from advisor.use_case import UseCase, check
from advisor.workbench import Workbench


def extended(use_case: UseCase, samples: Sequence[Any] = (), budget: dict[str, Any] | None = None) -> UseCase:
    """The use case with those samples added, and with that budget instead of its own.

    Raises:
        UseCaseError: a sample or the budget is not valid, or there is nothing to go on with.

    """
    if not samples and budget is None:
        raise UseCaseError("samples", "nothing is added: give more samples, a budget, or both")
    data = use_case.model_dump(mode="json", exclude_unset=True)
    data["samples"] = [*data["samples"], *samples]
    return check(data | ({"budget": budget} if budget is not None else {}))


def carry_over(use_case: UseCase, workbench: Workbench, earlier: Path, folder: Path) -> None:
    """Bring what is still valid of an earlier measurement into the folder of a new one, before that begins.

    Every trial, where only the budget differs; else the index, and the answers of methods that learn nothing.

    Raises:
        UseCaseError: the earlier folder holds nothing that is valid: other models, or other documents.

    """
    if (folder / FINGERPRINT).exists():
        return
    if _says(earlier / FINGERPRINT, fingerprint(use_case, workbench)):
        names: tuple[str, ...] = (FINISHED, ANSWERS, CORPUS, INDEX_SECONDS)
    elif _says(earlier / SCOPE, scope(use_case, workbench)):
        names = (ANSWERS, CORPUS, INDEX_SECONDS)
    else:
        told = f"{earlier} holds no measurement of these documents with these models: leave it out"
        raise UseCaseError("extend", told)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        source = earlier / name
        if source.is_dir():
            shutil.copytree(source, folder / name, copy_function=_link, dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, folder / name)


def _says(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def _link(source: str, target: str) -> str:
    """No copy where the disk allows it: these files are replaced, never written into."""
    Path(target).unlink(missing_ok=True)  # of an earlier attempt
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target
