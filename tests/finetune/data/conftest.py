"""Files with rows, and a tokenizer that has a token for every byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from finetune.data.dataset import Dataset, read_dataset
from finetune.data.tokens import Encoder

Read = Callable[..., Dataset]


def as_lines(rows: Sequence[Any]) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads bytes, or rows written as JSONL, under a name."""

    def reading(content: bytes | Sequence[Any], name: str = "a.jsonl", **options: Any) -> Dataset:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else as_lines(content))
        return read_dataset(path, **options)

    return reading


@pytest.fixture(scope="session")
def encoder(tiny_llama: Path) -> Encoder:
    from finetune.data.encoders import load_encoder

    return load_encoder(tiny_llama)
