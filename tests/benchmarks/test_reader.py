"""The reader's benchmark on a task of two questions."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from benchmarks.reader import measure
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.reader import Reader

TOWER = "The Ravel Tower was opened in 1931. It is made of brick."
BRIDGE = "The bridge over the Ister is 312 metres long. It rains there."


def test_every_way_of_answering_is_measured_on_every_kind_of_passages(tmp_path: Path) -> None:
    documents = [{"id": name, "title": "", "text": text} for name, text in (("a", TOWER), ("b", BRIDGE))]
    asked = [
        {"input": "When was the Ravel Tower opened?", "output": "1931", "relevant": ["a"]},
        {"input": "How long is the bridge over the Ister?", "output": "312 metres", "relevant": ["b"]},
    ]
    for name, rows in (("corpus", documents), ("test", asked)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    given = Namespace(split="test", questions=9, gold_only=False, alone=False, indexes=tmp_path / "indexes")
    reader = Reader()
    found = measure(tmp_path, given, HashingEmbedder(), {"reader": reader, "untrained": reader})
    assert found["questions"] == 2
    for kind in ("gold", "retrieved"):
        assert found[f"reader, {kind}"]["exact_match"] == found[f"untrained, {kind}"]["exact_match"] == 100
        assert 0 < found[f"nearest sentence, {kind}"]["token_f1"] < 100
    assert found["reader, retrieved"]["told_without_the_passage"] < found["reader, gold"]["told_when_right"]
