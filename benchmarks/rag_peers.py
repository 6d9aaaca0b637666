"""One peer of `benchmarks.rag`, run by the peer's own Python: cuts, indexes and searches with its defaults.

Reads a JSON file with documents and questions, and writes another with the ids found and seconds; needs
nothing of ours but `embedding_peers.py` beside it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from embedding_peers import MAX_TOKENS, MODEL

DEPTH = 100
Documents = list[list[str]]
"""Each an id and a text."""
Search = Callable[[str], Iterable[str]]
"""Ids of documents, the best first; one may come more than once."""


def txtai(documents: Documents) -> dict[str, Search]:
    """Whole documents, read as far as the model reads; hybrid with equal weights."""
    from txtai import Embeddings

    index = Embeddings(path=MODEL, maxlength=MAX_TOKENS, hybrid=True)
    index.index([(name, text, None) for name, text in documents])

    def search(weight: float) -> Search:
        return lambda question: [name for name, _ in index.search(question, DEPTH, weight)]

    return {"dense": search(1.0), "lexical": search(0.0), "hybrid": search(0.5)}


def llama_index(documents: Documents) -> dict[str, Search]:
    """Nodes of the default sentence splitter; hybrid by reciprocal ranks, questions as they are."""
    from llama_index.core import Document, Settings, VectorStoreIndex
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever

    Settings.embed_model = HuggingFaceEmbedding(model_name=MODEL, device="cpu", max_length=MAX_TOKENS)
    nodes = Settings.node_parser.get_nodes_from_documents(
        [Document(text=text, metadata={"name": name}, id_=name) for name, text in documents]
    )
    index = VectorStoreIndex(nodes)
    depth = min(DEPTH, len(nodes))
    dense = index.as_retriever(similarity_top_k=depth)
    lexical = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=depth)
    hybrid = QueryFusionRetriever(
        [dense, lexical],
        llm=MockLLM(),
        num_queries=1,
        mode="reciprocal_rerank",
        similarity_top_k=depth,
        use_async=False,
    )

    def search(retriever: Any) -> Search:
        return lambda question: [hit.node.metadata["name"] for hit in retriever.retrieve(question)]

    return {"dense": search(dense), "lexical": search(lexical), "hybrid": search(hybrid)}


def haystack(documents: Documents) -> dict[str, Search]:
    """Parts of the default splitter in the in-memory store; hybrid by reciprocal ranks."""
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack.utils import ComponentDevice
    from haystack_integrations.components.embedders import sentence_transformers as embedders

    options: dict[str, Any] = {
        "model": MODEL,
        "device": ComponentDevice.from_str("cpu"),
        "progress_bar": False,
    }
    reader, asker = (
        embedders.SentenceTransformersDocumentEmbedder(**options),
        embedders.SentenceTransformersTextEmbedder(**options),
    )
    splitter, store = DocumentSplitter(), InMemoryDocumentStore()
    for part in (splitter, reader, asker):
        part.warm_up()
    made = [Document(content=text, meta={"name": name}) for name, text in documents]
    store.write_documents(reader.run(documents=splitter.run(documents=made)["documents"])["documents"])
    near = InMemoryEmbeddingRetriever(store, top_k=DEPTH)
    words = InMemoryBM25Retriever(store, top_k=DEPTH)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion")

    def dense(question: str) -> list[Any]:
        return list(near.run(query_embedding=asker.run(text=question)["embedding"])["documents"])

    def lexical(question: str) -> list[Any]:
        return list(words.run(query=question)["documents"])

    def hybrid(question: str) -> list[Any]:
        return list(joiner.run(documents=[dense(question), lexical(question)])["documents"])

    def search(find: Callable[[str], list[Any]]) -> Search:
        return lambda question: [found.meta["name"] for found in find(question)]

    return {"dense": search(dense), "lexical": search(lexical), "hybrid": search(hybrid)}


def main() -> None:
    """Index and search as the file says, after a first document that loads everything."""
    task = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    build = {"txtai": txtai, "llama-index": llama_index, "haystack": haystack}[task["peer"]]
    build([["first", "load the model"], ["second", "and everything else"]])
    began, worked = time.perf_counter(), time.process_time()
    searches = build(task["documents"])
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    found = {
        mode: [list(dict.fromkeys(search(question))) for question in task["questions"]]
        for mode, search in searches.items()
    }
    told = {"seconds": seconds, "cpu_seconds": cpu, "found": found}
    Path(sys.argv[2]).write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main()
