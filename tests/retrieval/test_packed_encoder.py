"""Packing changes nothing: the same vectors as transformers' own BERT, whatever stands beside a text."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from retrieval.packed_encoder import PackedEncoder, load

TEXTS = [[1, 5, 9, 2], [1, 2], [1, 7, 7, 2], [1, *range(3, 30), 2]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small encoder with weights by dice."""
    made = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=32,
        initializer_range=0.5,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(made)
    return made


@pytest.fixture(scope="module")
def encoder(folder: Path) -> PackedEncoder:
    return load(folder, "float32")


def test_agrees_with_transformers(folder: Path, encoder: PackedEncoder) -> None:
    plain = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    with torch.inference_mode():
        means = [plain(torch.tensor([text])).last_hidden_state[0].mean(0) for text in TEXTS]
    expected = torch.nn.functional.normalize(torch.stack(means)).numpy()
    assert np.allclose(encoder.vectors(TEXTS), expected, atol=1e-5)


def test_company_and_order_do_not_matter(encoder: PackedEncoder) -> None:
    alone = np.concatenate([encoder.vectors([text]) for text in TEXTS])
    assert np.allclose(encoder.vectors(TEXTS), alone, atol=1e-6)
    assert np.allclose(encoder.vectors(TEXTS[::-1]), alone[::-1], atol=1e-6)


def test_half_precision_stays_near(folder: Path, encoder: PackedEncoder) -> None:
    half = load(folder, "bfloat16")
    assert half.precision == "bfloat16"
    assert (half.vectors(TEXTS) * encoder.vectors(TEXTS)).sum(axis=1).min() >= 0.99


def test_reads_widths_from_the_configuration(folder: Path, tmp_path: Path) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"num_attention_heads": 2}), "utf-8")
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    assert not np.allclose(load(tmp_path, "float32").vectors(TEXTS), load(folder, "float32").vectors(TEXTS))
