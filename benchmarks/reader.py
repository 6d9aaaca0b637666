"""How well the reader answers from passages: exact match and token F1 on the corpus question tasks.

    python -m benchmarks.reader [--tasks DIR] [--only TASK] [--questions N] [--gold-only] [--alone]

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
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def measure(
    folder: Path, options: argparse.Namespace, embedder: Embedder, readers: dict[str, Reader]
) -> dict[str, Any]:
    """One task: every way of answering on every kind of passages; printed as soon as it is known."""
    rows = _rows(folder / f"{options.split}.jsonl")[: options.questions]
    documents = [Document(row["id"], row["title"], row["text"]) for row in _rows(folder / "corpus.jsonl")]
    kinds = {"gold": _gold(rows, documents)}
    if not options.gold_only:
        corpus = _corpus(documents, embedder, options.indexes / folder.name)
        kinds["retrieved"] = _retrieved(rows, corpus)
    wanted = [row["output"] for row in rows]
    result: dict[str, Any] = {}

    def tell(name: str, figures: dict[str, float]) -> None:
        result[name] = figures
        print(f"{folder.name} ({len(rows)} questions)", name, figures, flush=True)

    for kind, asked in kinds.items():
        began = time.process_time()
        read = _read(readers["reader"], asked)
        seconds = (time.process_time() - began) / sum(len(passages) for _, passages in asked)
        figures = _agreement(_first(read), wanted) | _doubts(readers["reader"], asked, read, wanted)
        tell(f"reader, {kind}", {**figures, "cpu_seconds_per_passage": round(seconds, 3)})
    if options.alone:
        return {"questions": len(rows), "passages": PASSAGES, **result}
    for kind, asked in kinds.items():
        tell(f"nearest sentence, {kind}", _agreement(_nearest_sentences(asked, embedder), wanted))
    for kind, asked in kinds.items():
        tell(f"untrained, {kind}", _agreement(_first(_read(readers["untrained"], asked)), wanted))
    return {"questions": len(rows), "passages": PASSAGES, **result}


def _gold(rows: Sequence[dict[str, Any]], documents: Sequence[Document]) -> Asked:
    of_id = {d.id: d for d in documents}
    return [(row["input"], [of_id[name] for name in row["relevant"]]) for row in rows]


def _retrieved(rows: Sequence[dict[str, Any]], corpus: Corpus) -> Asked:
    asked = [row["input"] for row in rows]
    return list(zip(asked, corpus.search(asked, k=PASSAGES), strict=True))


def _corpus(documents: Sequence[Document], embedder: Embedder, folder: Path) -> Corpus:
    """The indexed documents, kept for the next run."""
    return Corpus.build(folder, documents, embedder)


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


def _doubts(reader: Reader, asked: Asked, read: Sequence[Read], wanted: Sequence[str]) -> dict[str, float]:
    """How sure the reader is where it is right, where it is wrong, and of passages without the answer.

    `auc`: how well the probability that there is an answer parts questions that were answered well from
    the passages that do not hold it.
    """
    right: list[float] = []
    wrong: list[float] = []
    lacking: list[float] = []
    for (_, passages), of, word, said in zip(asked, read, wanted, _first(read), strict=True):
        told = _told(reader, of)
        (right if token_f1(said, word) > 0.5 else wrong).append(told)
        without = {i for i, p in enumerate(passages) if word.lower() not in p.text.lower()}
        if without:
            lacking.append(_told(reader, [pair for pair in of if pair[1].passage in without]))
    figures = {"told_when_right": _mean(right), "told_when_wrong": _mean(wrong)}
    if not (right and lacking):
        return figures
    auc = roc_auc_score([1] * len(right) + [0] * len(lacking), right + lacking)
    return {**figures, "told_without_the_passage": _mean(lacking), "auc": round(float(auc), 3)}


def _told(reader: Reader, read: Read) -> float:
    """The probability that there is an answer at all."""
    return sum(p for _, p in share([c for _, c in read], reader.fit))


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 3) if values else float("nan")


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
    (folder / "config.json").write_text(json.dumps({"temperature": 1.0, "nothing": 0.0}), "utf-8")
    return Reader(folder)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tasks", type=Path, default=Path("tasks"), help="folder of task folders")
    parser.add_argument("--only", action="append", help="measure this task alone; may be repeated")
    parser.add_argument("--questions", type=int, default=1000, help="at most, of each task")
    parser.add_argument("--gold-only", action="store_true", help="search nothing, so index nothing")
    parser.add_argument("--alone", action="store_true", help="measure the reader, nothing to compare with")
    parser.add_argument("--split", default="test", choices=("test", "samples"))
    parser.add_argument("--indexes", type=Path, default=Path("out/indexes"), help="where indexes are kept")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
