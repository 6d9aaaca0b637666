"""An embedding model of the user's own, made here: a tiny BERT with random weights."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import EmbedderUnusableError
from retrieval.folder_embedder import FolderEmbedder
from retrieval.library.embedding import TokenReader

pytestmark = pytest.mark.slow
TEXTS = ["the oil crisis raised prices", "", "a cat sleeps a\x00b\ud800", "word " * 300]


def make(folder: Path, seed: int = 0, longest: int = 256) -> Path:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = folder / "words"
    words.mkdir(parents=True)
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    (words / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(vocab=str(words / "vocab.txt")).save_pretrained(words)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
        )
        BertModel(config).save_pretrained(words)
    body = modules.Transformer(str(words), max_seq_length=longest)
    SentenceTransformer(modules=[body, modules.Pooling(16)], device="cpu").save(str(folder / "made"))
    return folder / "made"


def test_unit_vectors_whatever_the_company(tmp_path: Path) -> None:
    embedder = FolderEmbedder(make(tmp_path))
    together, alone = embedder.embed(TEXTS), np.concatenate([embedder.embed([t]) for t in TEXTS])
    assert together.shape == (4, embedder.dimensions) == (4, 16)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together, alone, atol=1e-5)
    assert embedder.embed([]).shape == (0, 16)


def test_tokens_stand_in_the_text_and_are_read_alike(tmp_path: Path) -> None:
    embedder = FolderEmbedder(make(tmp_path))
    assert isinstance(embedder, TokenReader)
    assert embedder.token_spans(["ab c"]) == [[(0, 1), (1, 2), (3, 4)]]
    assert embedder.longest == 254
    spelled = embedder.embed_tokens([[5, 6 + 26]])
    assert np.allclose(spelled, embedder.embed(["ab"]), atol=1e-5)


def test_its_name_tells_other_weights_apart(tmp_path: Path) -> None:
    one, other = make(tmp_path / "one"), make(tmp_path / "other", seed=1)
    assert FolderEmbedder(one).name.startswith("made@")
    assert FolderEmbedder(one).name != FolderEmbedder(other).name


def test_what_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnusableError, match=r"modules.json.*Save one there"):
        FolderEmbedder(tmp_path).name  # noqa: B018 - asking is the test
    with pytest.raises(EmbedderUnusableError, match="reads 62 tokens"):
        FolderEmbedder(make(tmp_path / "short", longest=64)).embed(["a"])
