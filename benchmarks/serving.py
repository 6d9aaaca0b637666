"""Requests to many adapters at once, against transformers' `generate` one after another.

python -m benchmarks.serving --json F [--base generation/pocket] [--requests 64] [--tokens 24]

Adapters have random weights: what they say does not matter, only that each request gets its own. Both
sides answer the same requests greedily; answers are compared first. Seconds of the processor are shown
beside those of the clock, for a machine that others use too.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from rich.console import Console
from rich.table import Table

from generation import checkpoint
from generation.catalog import Catalog
from generation.encoding import encode_prompt, prompt_hash
from generation.fingerprint import folder_hash
from generation.language_model import Request
from generation.messages import Message
from service.engine.batching import Batcher

console = Console(stderr=True)
ADAPTERS = (1, 4, 16)
CONCURRENT = (1, 8, 32)
RANK = 16
WORDS = ["where", "does", "the", "small", "parcel", "go", "when", "nobody", "is", "at", "home", "now"]

Ask = Callable[[tuple[str, Request]], str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One way of answering all requests."""

    side: str
    adapters: int
    concurrent: int
    requests_per_second: float
    p95_seconds: float
    """Of one request, waiting included."""
    processor_seconds: float
    """Of all requests."""


def main() -> None:
    """Measure, and write all figures."""
    given = argparse.ArgumentParser()
    given.add_argument("--json", type=Path, required=True)
    given.add_argument("--base", type=Path, default=Path("generation/pocket"))
    given.add_argument("--requests", type=int, default=64)
    given.add_argument("--tokens", type=int, default=24)
    asked = given.parse_args()
    with TemporaryDirectory() as scratch:
        names = make_adapters(asked.base.absolute(), Path(scratch), max(ADAPTERS))
        figures, same = measure(asked, Path(scratch), names)
    told = {"threads": torch.get_num_threads(), "same_answers": same, "figures": [asdict(f) for f in figures]}
    asked.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    console.print(table(figures))


def make_adapters(base: Path, root: Path, count: int) -> list[str]:
    """Adapters as a training would leave them, but for their weights."""
    told = {"base_name": base.name, "base_hash": folder_hash(base), "created": 1}
    told["prompt_hash"] = prompt_hash(checkpoint.load_tokenizer(base))
    config = LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=RANK, target_modules="all-linear")
    names = [f"adapter-{at}" for at in range(count)]
    for seed, name in enumerate(names):
        torch.manual_seed(seed)
        with checkpoint.hushed():
            model = get_peft_model(checkpoint.load_model(base), config)
        for weight in (p for n, p in model.named_parameters() if "lora_B" in n):
            torch.nn.init.normal_(weight, std=0.02)
        model.save_pretrained(root / name, save_embedding_layers=False)
        (root / name / "manifest.json").write_text(json.dumps(told))
    return names


def measure(asked: argparse.Namespace, root: Path, names: list[str]) -> tuple[list[Figure], float]:
    """All figures, and the share of requests that both sides answer alike."""
    base = asked.base.absolute()
    catalog, batcher = Catalog(locals={base.name: base}, adapters=root), Batcher()

    def ours(pair: tuple[str, Request]) -> str:
        return batcher.generate(catalog.open(pair[0]), [pair[1]])[0].text

    theirs = sequential(base, root, names)
    figures: list[Figure] = []
    same = 1.0
    for count in ADAPTERS:
        pairs = requests(names[:count], asked.requests, asked.tokens)
        for at in range(count):
            ours(pairs[at])
        figure, said = timed("generate, one after another", count, 1, theirs, pairs)
        figures.append(figure)
        for concurrent in CONCURRENT:
            figure, own = timed("trivium", count, concurrent, ours, pairs)
            figures.append(figure)
            same = min(same, float(np.mean([a == b for a, b in zip(own, said, strict=True)])))
            console.print(figure)
    return figures, same


def requests(names: list[str], count: int, tokens: int) -> list[tuple[str, Request]]:
    """Requests of different lengths, to each adapter in turn."""
    texts = [" ".join(islice(cycle(WORDS), at % 17, at % 17 + 4 + at % 23)) for at in range(count)]
    return [
        (name, Request((Message("user", text),), max_tokens=tokens))
        for name, text in zip(cycle(names), texts, strict=False)
    ]


def sequential(base: Path, root: Path, names: list[str]) -> Ask:
    """PEFT on transformers: an adapter is chosen, then `generate` is called."""
    tokenizer = checkpoint.load_tokenizer(base)
    with checkpoint.hushed():
        model: Any = PeftModel.from_pretrained(checkpoint.load_model(base), root / names[0], names[0])
        for name in names[1:]:
            model.load_adapter(root / name, name)
    model.eval()

    def ask(pair: tuple[str, Request]) -> str:
        name, request = pair
        model.set_adapter(name)
        ids = torch.tensor([encode_prompt(tokenizer, request.messages)])
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=request.max_tokens,
                do_sample=False,
            )
        return str(tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True))

    return ask


def timed(
    side: str, adapters: int, concurrent: int, ask: Ask, pairs: list[tuple[str, Request]]
) -> tuple[Figure, list[str]]:
    """All requests by so many callers at once."""

    def one(pair: tuple[str, Request]) -> tuple[str, float]:
        began = time.perf_counter()
        return ask(pair), time.perf_counter() - began

    began, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(concurrent) as pool:
        done = list(pool.map(one, pairs))
    seconds = time.perf_counter() - began
    late = float(np.quantile([took for _, took in done], 0.95))
    rate = len(pairs) / seconds
    figure = Figure(side, adapters, concurrent, rate, late, time.process_time() - used)
    return figure, [text for text, _ in done]


def table(figures: list[Figure]) -> Table:
    """All figures."""
    found = Table(box=None)
    for name in ("", "adapters", "concurrent", "requests/s", "p95 s", "processor s"):
        found.add_column(name)
    for f in figures:
        cells = (f.requests_per_second, f.p95_seconds, f.processor_seconds)
        found.add_row(f.side, str(f.adapters), str(f.concurrent), *(f"{cell:.2f}" for cell in cells))
    return found


if __name__ == "__main__":
    main()
