"""SetFit with its defaults, run by the peers' own Python for `benchmarks.adaptation`.

Reads a JSON list of jobs, and writes what each gave as soon as it is done. Needs setfit and torch; nothing
of this project.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Train on the job's texts and answer its test texts."""
    torch.manual_seed(0)
    model = SetFitModel.from_pretrained(job["base"], labels=job["names"])
    rows = Dataset.from_dict({"text": job["texts"], "label": job["labels"]})
    began, worked = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(output_dir=folder, report_to="none", save_strategy="no")
        Trainer(model=model, args=arguments, train_dataset=rows).train()
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - worked
    said = [str(label) for label in model.predict(job["asked"])]
    right = sum(a == b for a, b in zip(said, job["wanted"], strict=True))
    return {"accuracy": right / len(said), "seconds": seconds, "cpu_seconds": cpu_seconds}


def main() -> None:
    """All jobs of the first file into the second."""
    torch.set_num_threads(1)
    out, done = Path(sys.argv[2]), {}
    for job in json.loads(Path(sys.argv[1]).read_text("utf-8")):
        done[job["key"]] = run(job)
        out.write_text(json.dumps(done), "utf-8")


if __name__ == "__main__":
    main()
