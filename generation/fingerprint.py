"""What a model folder is, by its content: the hash that adapters and caches keep."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

_PARTS = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def folder_hash(folder: Path) -> str:
    """SHA-256 over configuration, tokenizer, chat template and weights; notes and cards do not count.

    Files that did not change since the last call are not read again.
    """
    digest = hashlib.sha256()
    for path in _parts(folder):
        seen = path.stat()
        digest.update(f"{path.name}\0{_file_hash(path, seen.st_size, seen.st_mtime_ns)}\n".encode())
    return digest.hexdigest()


def _parts(folder: Path) -> list[Path]:
    named = [folder / name for name in _PARTS if (folder / name).is_file()]
    return named + sorted(folder.glob("*.safetensors"))


@lru_cache(maxsize=256)
def _file_hash(path: Path, _size: int, _modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
