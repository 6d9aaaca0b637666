"""How well the reader answers from passages: exact match and token F1 on the corpus question tasks.

    python -m benchmarks.reader [--tasks DIR] [--only TASK] [--questions N] [--indexes DIR] [--json FILE]

Each question is read with its gold passage and with the passages that a hybrid search finds; those among
them that do not hold the answer tell how well the reader abstains. Beside the reader stand
the sentence whose embedding is nearest to the question, and the reader's network before any training.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from generation.agreement import exact_match, token_f1
from retrieval.corpus import Corpus
from retrieval.documents import Document
from retrieval.embedder import Embedder
from retrieval.reader import Passage, Reader
from retrieval.reader.network import Network
from retrieval.reader.reader import WEIGHTS
from retrieval.reader.spans import Candidate, share
from retrieval.sentence_embedder import SentenceEmbedder

TASKS = ("encyclopedia_article_qa", "coronavirus_research_qa")
PASSAGES = 3
BLOCK = 32
_SENTENCE = re.compile(r"[^.!?]+(?:[.!?]+(?=\s|$)|[.!?](?=\S)|$)")
Asked = list[tuple[str, Sequence[Passage]]]
Read = list[tuple[str, Candidate]]
"""What may answer a question, with its words."""


def main() -> None:
    """Measure every task that is there."""
    options = _options()
    embedder = SentenceEmbedder()
    report = {}
    with TemporaryDirectory() as scratch:
        readers = {"reader": Reader(options.weights), "untrained": _untrained(Path(scratch))}
        for name in options.only or TASKS:
            if not (options.tasks / name / "corpus.jsonl").is_file():
                print(f"{name}: not in {options.tasks}, skipped")
                continue
            report[name] = measure(options.tasks / name, options, embedder, readers)
            print(name, json.dumps(report[name], indent=1), flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def measure(
    folder: Path, options: argparse.Namespace, embedder: Embedder, readers: dict[str, Reader]
) -> dict[str, Any]:
    """One task: every way of answering on every kind of passages."""
    rows = _rows(folder / f"{options.split}.jsonl")[: options.questions]
    documents = [Document(row["id"], row["title"], row["text"]) for row in _rows(folder / "corpus.jsonl")]
    of_id = {d.id: d for d in documents}
    gold: Asked = [(row["input"], [of_id[name] for name in row["relevant"]]) for row in rows]
    found = _corpus(documents, embedder, options.indexes / folder.name).search(
        [row["input"] for row in rows], k=PASSAGES + 2
    )
    retrieved: Asked = [(row["input"], hits) for row, hits in zip(rows, found, strict=True)]
    wanted = [row["output"] for row in rows]
    result: dict[str, Any] = {"questions": len(rows), "passages": PASSAGES}
    for name, reader in readers.items():
        began = time.process_time()
        read = {kind: _read(reader, asked) for kind, asked in (("gold", gold), ("retrieved", retrieved))}
        seconds = time.process_time() - began
        result[name] = {kind: _agreement(_first(each), wanted) for kind, each in read.items()}
        if name == "reader":
            result["cpu_seconds_per_passage"] = round(seconds / len(rows) / (PASSAGES + 1), 3)
            result["abstaining"] = _abstaining(reader, retrieved, read["retrieved"], wanted)
            result["calibration"] = _calibration(reader, read["gold"], gold, wanted)
    result["nearest sentence"] = {
        kind: _agreement(_nearest_sentences(asked, embedder), wanted)
        for kind, asked in (("gold", gold), ("retrieved", retrieved))
    }
    return result


def _corpus(documents: Sequence[Document], embedder: Embedder, folder: Path) -> Corpus:
    """The indexed documents, kept for the next run."""
    if not (folder / "manifest.json").is_file():
        Corpus.build(documents, embedder).save(folder)
    return Corpus.load(folder, embedder)


def _read(reader: Reader, asked: Asked) -> list[Read]:
    blocks = [asked[at : at + BLOCK] for at in range(0, len(asked), BLOCK)]
    found = [of for block in blocks for of in reader.weigh(block)]
    return [
        [(passages[c.passage].text[c.start : c.end], c) for c in of]
        for of, (_, passages) in zip(found, asked, strict=True)
    ]


def _first(read: Sequence[Read]) -> list[str]:
    return [max(of, key=lambda pair: pair[1].log_odds)[0] if of else "" for of in read]


def _agreement(said: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    pairs = list(zip(said, wanted, strict=True))
    return {
        "exact_match": round(100 * float(np.mean([exact_match(s, w) for s, w in pairs])), 1),
        "token_f1": round(100 * float(np.mean([token_f1(s, w) for s, w in pairs])), 1),
    }


def _abstaining(
    reader: Reader, asked: Asked, read: Sequence[Read], wanted: Sequence[str]
) -> dict[str, float]:
    """How the probability of no answer parts questions answered well from those whose passages lack it."""
    good, useless = [], []
    for (_, passages), of, word, said in zip(asked, read, wanted, _first(read), strict=True):
        if token_f1(said, word) > 0.5:
            good.append(_silence(reader, of))
        lacking = {i for i, p in enumerate(passages) if word.lower() not in p.text.lower()}
        useless.append(_silence(reader, [pair for pair in of if pair[1].passage in lacking]))
    return {
        "auc": round(float(roc_auc_score([0] * len(good) + [1] * len(useless), good + useless)), 3),
        "mean_no_answer_when_right": round(float(np.mean(good)), 3),
        "mean_no_answer_without_the_passage": round(float(np.mean(useless)), 3),
    }


def _silence(reader: Reader, read: Read) -> float:
    return 1 - sum(p for _, p in share([c for _, c in read], reader.temperature))


def _calibration(
    reader: Reader, read: Sequence[Read], asked: Asked, wanted: Sequence[str]
) -> dict[str, float]:
    """Mean probability of the first span, and how often it shares a word with the answer."""
    first = [next(iter(share([c for _, c in of], reader.temperature)), None) for of in read]
    said = [
        passages[one[0].passage].text[one[0].start : one[0].end] if one else ""
        for one, (_, passages) in zip(first, asked, strict=True)
    ]
    return {
        "mean_probability": round(float(np.mean([one[1] if one else 0 for one in first])), 3),
        "overlaps_the_answer": round(
            float(np.mean([token_f1(s, w) > 0 for s, w in zip(said, wanted, strict=True)])), 3
        ),
    }


def _nearest_sentences(asked: Asked, embedder: Embedder) -> list[str]:
    """For each question the sentence of its passages whose embedding is nearest."""
    said = []
    for question, passages in asked:
        sentences = [s for p in passages for s in _sentences(p.text)] or [""]
        vectors = embedder.embed([question, *sentences])
        said.append(sentences[int((vectors[1:] @ vectors[0]).argmax())])
    return said


def _sentences(text: str) -> Iterator[str]:
    yield from (found[0].strip() for found in _SENTENCE.finditer(text) if found[0].strip())


def _untrained(folder: Path) -> Reader:
    """A reader whose head is random and whose LoRA changes nothing."""
    Network().save(folder / "reader.safetensors")
    (folder / "config.json").write_text(json.dumps({"temperature": 1.0}), "utf-8")
    return Reader(folder)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tasks", type=Path, default=Path("tasks"), help="folder of task folders")
    parser.add_argument("--only", action="append", help="measure this task alone; may be repeated")
    parser.add_argument("--questions", type=int, default=1000, help="at most, of each task")
    parser.add_argument("--split", default="test", choices=("test", "samples"))
    parser.add_argument("--indexes", type=Path, default=Path("out/indexes"), help="where indexes are kept")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
