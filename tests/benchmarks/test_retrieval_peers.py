"""What the benchmarks of embedding and retrieval do around the peers, which tests do not install."""

import json
from pathlib import Path

from benchmarks.rag import measure, selected
from retrieval.hashing_embedder import HashingEmbedder

DOCUMENTS = [{"id": str(i), "title": f"Part {i}", "text": f"The valve number{i} opens."} for i in range(6)]
SAMPLES = [{"input": f"number{i} valve", "relevant": [str(i)]} for i in (4, 5, 0)]


def test_documents_that_are_asked_for_are_kept(tmp_path: Path) -> None:
    for name, rows in (("corpus", DOCUMENTS), ("samples", SAMPLES)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    rows, asked = selected(tmp_path, documents=3, questions=2)
    assert [row["id"] for row in rows] == ["4", "5", "0"]
    assert asked == SAMPLES[:2]
    assert selected(tmp_path, documents=1, questions=2)[1] == SAMPLES[:1]


def test_every_mode_is_measured() -> None:
    found = measure(DOCUMENTS, SAMPLES, HashingEmbedder(), titled=True)
    assert set(found["modes"]) == {"dense", "lexical", "hybrid", "rrf"}
    assert found["modes"]["lexical"] == {"recall@1": 1, "recall@5": 1, "ndcg@10": 1}
