"""Requests to many adapters at once, against `generate` one after another and against `transformers serve`.

python -m benchmarks.serving --json F [--base generation/pocket] [--requests 128] [--tokens 24]
    [--sides generate engine servers] [--adapters 1 4 16] [--concurrent 1 8 32]

Adapters have random weights: what they say does not matter, only that each request gets its own. All
sides answer the same requests greedily; the shares of equal answers are written down. The two servers are
asked through HTTP by the same client; `transformers serve` is given each adapter merged into the base,
since it has no adapters for single requests. Seconds of the processor are shown beside those of the
clock, for a machine that others use too; those of a server are of all its processes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
import psutil
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from rich.console import Console
from rich.table import Table

from finetune.exporting import export
from generation import checkpoint
from generation.catalog import Catalog, Parts
from generation.encoding import encode_prompt, prompt_hash
from generation.endpoint import RemoteEndpoint
from generation.fingerprint import folder_hash
from generation.language_model import Request
from generation.messages import Message
from generation.openai_model import OpenAIModel
from service.engine.batching import Batcher
from service.processes.started import free_port, started_server

console = Console(stderr=True)
SIDES = ("generate", "engine", "servers")
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


@dataclass(frozen=True, slots=True)
class Contender:
    """A side, and how it is asked."""

    side: str
    ask: Ask
    pid: int | None = None
    """Of its server; None for this process."""
    is_alone: bool = False
    """Whether it can answer only one request at a time."""

    def processor_seconds(self) -> float:
        """All that it used so far."""
        if self.pid is None:
            return time.process_time()
        server = psutil.Process(self.pid)
        spent = [each.cpu_times() for each in (server, *server.children(recursive=True))]
        return float(sum(each.user + each.system for each in spent))


def main() -> None:
    """Measure, and write all figures."""
    given = argparse.ArgumentParser()
    given.add_argument("--json", type=Path, required=True)
    given.add_argument("--base", type=Path, default=Path("generation/pocket"))
    given.add_argument("--requests", type=int, default=128)
    given.add_argument("--tokens", type=int, default=24)
    given.add_argument("--sides", nargs="+", choices=SIDES, default=SIDES)
    given.add_argument("--adapters", nargs="+", type=int, default=ADAPTERS)
    given.add_argument("--concurrent", nargs="+", type=int, default=CONCURRENT)
    asked = given.parse_args()
    base = asked.base.absolute()
    with TemporaryDirectory() as scratch, ExitStack() as running:
        root = Path(scratch) / "adapters"
        names = make_adapters(base, root, max(asked.adapters))
        contenders: list[Contender] = []
        if "generate" in asked.sides:
            contenders.append(Contender("generate", sequential(base, root, names), is_alone=True))
        if "engine" in asked.sides:
            contenders.append(Contender("trivium's engine", engine(base, root)))
        if "servers" in asked.sides:
            contenders.append(running.enter_context(trivium_serve(base, Path(scratch))))
            contenders.append(running.enter_context(transformers_serve(base, root, names)))
        figures, same = measure(asked, contenders, names)
    told = {
        "threads": torch.get_num_threads(),
        "requests": asked.requests,
        "same_answers": same,
        "figures": [asdict(f) for f in figures],
    }
    asked.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    console.print(table(figures, asked.requests))


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


def measure(
    asked: argparse.Namespace, contenders: Sequence[Contender], names: list[str]
) -> tuple[list[Figure], dict[str, float]]:
    """All figures, and the least share of a contender's answers that are those of the first."""
    figures: list[Figure] = []
    same: dict[str, float] = {}
    for count in asked.adapters:
        pairs = requests(names[:count], asked.requests, asked.tokens)
        first: list[str] = []
        for contender in contenders:
            for pair in pairs[:count]:
                contender.ask(pair)
            for concurrent in [1] if contender.is_alone else asked.concurrent:
                figure, said = timed(contender, count, concurrent, pairs)
                figures.append(figure)
                first = first or said
                alike = float(np.mean([a == b for a, b in zip(first, said, strict=True)]))
                same[contender.side] = min(same.get(contender.side, 1.0), alike)
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


def engine(base: Path, root: Path) -> Ask:
    """What `trivium serve` answers with, in this process."""
    catalog, batcher = Catalog(locals={base.name: base}, adapters=root), Batcher()

    def ask(pair: tuple[str, Request]) -> str:
        return batcher.generate(catalog.open(pair[0]), [pair[1]])[0].text

    return ask


@contextmanager
def trivium_serve(base: Path, home: Path) -> Iterator[Contender]:
    """A whole server on a data directory with the adapters."""
    with started_server(home, {"TRIVIUM_MODEL_FOLDERS": json.dumps({base.name: str(base)})}) as server:
        yield Contender("trivium serve", over_http(f"{server.url}/v1", lambda name: name), pid=server.pid)


@contextmanager
def transformers_serve(base: Path, root: Path, names: list[str]) -> Iterator[Contender]:
    """The peer, which is given a model for each adapter, and knows them by their folders."""
    merged = root.with_name("merged")
    for name in names:
        export(Parts(base.name, base, root / name), "merged", merged / name)
    port = free_port()
    program = Path(sysconfig.get_path("scripts")) / "transformers"
    options = ["--host", "127.0.0.1", "--port", str(port)]
    options += ["--device", checkpoint.device(), "--dtype", "float32"]
    with subprocess.Popen(
        [program, "serve", *options],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            while process.poll() is None and not is_healthy(f"{url}/health"):
                time.sleep(0.5)
            ask = over_http(f"{url}/v1", lambda name: str(merged / name))
            yield Contender("transformers serve", ask, pid=process.pid)
        finally:
            process.kill()


def is_healthy(url: str) -> bool:
    """Whether a server answers there."""
    try:
        return httpx.get(url, timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def over_http(url: str, called: Callable[[str], str]) -> Ask:
    """One client for all servers; `called` is what a server calls an adapter."""
    endpoint = RemoteEndpoint(url, timeout=600, retries=0)

    @cache
    def model(name: str) -> OpenAIModel:
        return OpenAIModel(name, called(name), endpoint)

    return lambda pair: model(pair[0]).generate([pair[1]])[0].text


def timed(
    contender: Contender, adapters: int, concurrent: int, pairs: list[tuple[str, Request]]
) -> tuple[Figure, list[str]]:
    """All requests by so many callers at once."""

    def one(pair: tuple[str, Request]) -> tuple[str, float]:
        began = time.perf_counter()
        return contender.ask(pair), time.perf_counter() - began

    began, used = time.perf_counter(), contender.processor_seconds()
    with ThreadPoolExecutor(concurrent) as pool:
        done = list(pool.map(one, pairs))
    seconds = time.perf_counter() - began
    late = float(np.quantile([took for _, took in done], 0.95))
    used = contender.processor_seconds() - used
    figure = Figure(contender.side, adapters, concurrent, len(pairs) / seconds, late, used)
    return figure, [text for text, _ in done]


def table(figures: list[Figure], requests: int) -> Table:
    """All figures; both "times" are against the first side with as many adapters."""
    found = Table(box=None)
    for name in ("", "adapters", "concurrent", "requests/s", "times", "p95 s", "processor ms each", "times"):
        found.add_column(name, justify="right")
    for f in figures:
        first = next(other for other in figures if other.adapters == f.adapters)
        faster = f.requests_per_second / first.requests_per_second
        cheaper = first.processor_seconds / f.processor_seconds
        each = f.processor_seconds / requests * 1000
        found.add_row(
            f.side,
            str(f.adapters),
            str(f.concurrent),
            f"{f.requests_per_second:.1f}",
            f"{faster:.1f}",
            f"{f.p95_seconds:.2f}",
            f"{each:.1f}",
            f"{cheaper:.1f}",
        )
    return found


if __name__ == "__main__":
    main()
