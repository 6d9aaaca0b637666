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


def recording(kind: type) -> type:
    """The trainer class, remembering the loss of every step."""

    class Recording(kind):  # type: ignore[misc]
        losses: list[float]

        def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
            loss: torch.Tensor = super().training_step(*args, **kwargs)
            self.losses.append(float(loss))
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
    rows = [
        {"input_ids": ids, "labels": [t if m else IGNORED for t, m in zip(ids, mask, strict=True)]}
        for ids, mask in task["rows"]
    ]
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
        peer.losses = []
        began, worked = time.perf_counter(), time.process_time()
        peer.train()
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {"losses": peer.losses, "seconds": seconds, "cpu_seconds": cpu, "peak_bytes": peak}
    Path(sys.argv[2]).write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main()
