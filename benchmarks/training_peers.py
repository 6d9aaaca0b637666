"""One peer of `benchmarks.training`, run by the peers' own Python: plain Trainer + PEFT, or TRL's SFTTrainer.

Reads a JSON file with rows and settings, and writes another with losses, seconds and memory.
Needs torch, transformers, peft and trl; nothing of this project.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

IGNORED = -100


def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Rows padded on the right."""
    width = max(len(row["input_ids"]) for row in rows)

    def filled(name: str, value: int) -> torch.Tensor:
        return torch.tensor([row[name] + [value] * (width - len(row[name])) for row in rows])

    real = torch.tensor([[1] * len(r["input_ids"]) + [0] * (width - len(r["input_ids"])) for r in rows])
    return {"input_ids": filled("input_ids", 0), "labels": filled("labels", IGNORED), "attention_mask": real}


def labelled(row: list[list[int]]) -> dict[str, list[int]]:
    """Tokens, and which of them are learned."""
    ids, mask = row
    return {"input_ids": ids, "labels": [t if m else IGNORED for t, m in zip(ids, mask, strict=True)]}


class Watch:
    """Seconds and losses of a training; the clock stands while held-out rows are looked at."""

    def __init__(self, task: dict[str, Any]) -> None:
        steps = -(-len(task["rows"]) // task["batch"]) * task["epochs"]
        self._every = max(1, steps // task["looks"])
        aside, size = [labelled(row) for row in task["aside"]], task["batch"]
        self._batches = [collate(aside[at : at + size]) for at in range(0, len(aside), size)]
        self._began, self._worked = time.perf_counter(), time.process_time()
        self.losses: list[float] = []
        self.curve: list[tuple[float, float]] = []

    def seconds(self) -> tuple[float, float]:
        """Of the clock, and of the processor."""
        return time.perf_counter() - self._began, time.process_time() - self._worked

    @torch.no_grad()
    def look(self, model: Any) -> None:
        """The mean loss of the held-out rows' learned tokens, when it is time for it."""
        if not self._batches or not self.losses or len(self.losses) % self._every:
            return
        seconds, cpu = self.seconds()
        summed, count = 0.0, 0
        for batch in self._batches:
            learned = int((batch["labels"][:, 1:] != IGNORED).sum())
            summed, count = summed + float(model(**batch).loss) * learned, count + learned
        self.curve.append((seconds, summed / count))
        self._began, self._worked = time.perf_counter() - seconds, time.process_time() - cpu


def recording(kind: type) -> type:
    """The trainer class, watched: a step begins with the weights that the one before left."""

    class Recording(kind):  # type: ignore[misc]
        watch: Watch

        def training_step(self, model: Any, *args: Any, **kwargs: Any) -> torch.Tensor:
            self.watch.look(model)
            loss: torch.Tensor = super().training_step(model, *args, **kwargs)
            self.watch.losses.append(float(loss))
            return loss

    return Recording


def arguments(task: dict[str, Any], folder: str) -> dict[str, Any]:
    """What every peer is told; the contender's own settings come on top."""
    return {
        "output_dir": folder,
        "use_cpu": True,
        "per_device_train_batch_size": task["batch"],
        "num_train_epochs": task["epochs"],
        "max_steps": task["steps"],
        "learning_rate": task["rate"],
        "lr_scheduler_type": "constant",
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "save_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
        "logging_steps": 1000,
        **task["settings"],
    }


def trainer(task: dict[str, Any], model: Any, folder: str) -> Any:
    """The peer, ready to train."""
    rows = [labelled(row) for row in task["rows"]]
    if task["kind"] == "trainer":
        return recording(Trainer)(
            model=model,
            args=TrainingArguments(**arguments(task, folder), remove_unused_columns=False),
            train_dataset=rows,
            data_collator=collate,
        )
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    return recording(SFTTrainer)(
        model=model,
        args=SFTConfig(**arguments(task, folder)),
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(task["base"]),
    )


def main() -> None:
    """Train as the file says."""
    task = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    model: Any = AutoModelForCausalLM.from_pretrained(task["base"], dtype=torch.float32)
    model = PeftModel.from_pretrained(model, task["adapter"], is_trainable=True)
    with tempfile.TemporaryDirectory() as folder:
        peer = trainer(task, model, folder)
        peer.watch = watch = Watch(task)
        peer.train()
        seconds, cpu = watch.seconds()
        watch.look(model)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {
        "losses": watch.losses,
        "curve": watch.curve,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_bytes": peak,
    }
    Path(sys.argv[2]).write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main()
