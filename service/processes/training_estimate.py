"""The process of one estimate: it takes a few steps of a training, and writes what all of them will cost."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finetune.errors import FinetuneError
from service.errors import ServiceError
from service.fine_tuning_order import order_of
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
        files, base = read_files(Path(task["folder"]), task["names"]), Path(task["base"])
        order = order_of(body, files, base, body.seed or 0)
        told = estimate(base, order, Path(task["adapter"]) if task["adapter"] else None)
    except FinetuneError as error:
        raise RefusedError("training_file", str(error)) from error
    except ServiceError as error:
        raise RefusedError(error.param or "training_file", error.message.split(": ", 1)[-1]) from error
    return asdict(told) | {"epochs": order.recipe.epochs}


if __name__ == "__main__":
    settle()
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
