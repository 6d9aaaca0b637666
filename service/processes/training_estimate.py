"""The process of one estimate: it takes a few steps of a training, and writes what all of them will cost."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finetune.errors import FinetuneError
from finetune.session import Parent
from service.errors import ServiceError
from service.fine_tuning_recipe import recipe_of
from service.jobs.training_files import read_files
from service.processes.dataset_check import RefusedError, settle, write_outcome
from service.schemas.fine_tuning_body import TrainingBody


def main(task: dict[str, Any], folder: Path) -> None:
    """Estimate the task, or write why that cannot be done."""
    write_outcome(folder, lambda: {"estimate": _estimate(task)})


def _estimate(task: dict[str, Any]) -> dict[str, Any]:
    from finetune.estimate import estimate

    body = TrainingBody.model_validate(task["body"])
    try:
        files = read_files(Path(task["folder"]), task["names"])
        examples = files.examples(body, body.seed or 0)
        recipe = recipe_of(body, len(examples), body.seed or 0)
        parent = Parent(Path(task["adapter"]), body.parent_mode or "continue") if task["adapter"] else None
        told = estimate(Path(task["base"]), examples, recipe, validation=files.aside, parent=parent)
    except FinetuneError as error:
        raise RefusedError("training_file", str(error)) from error
    except ServiceError as error:
        raise RefusedError(error.param or "training_file", error.message.split(": ", 1)[-1]) from error
    return asdict(told) | {"epochs": recipe.epochs}


if __name__ == "__main__":
    settle()
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
