"""A corpus on disk: files named after their content, and a `manifest.json` that is replaced last.

A crash leaves the old corpus or the new one. Nothing is read that does not have the hash it was
written with, and nothing is unpickled.
"""

from __future__ import annotations

import io
import json
import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.documents import Document
from retrieval.embedder import Vectors
from retrieval.errors import CorpusDamagedError, CorpusUnfinishedError

MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class SavedCorpus:
    """What a corpus is made of."""

    embedder: str
    documents: tuple[Document, ...]
    spans: NDArray[np.int64]
    """Shape (chunks, 3): document, start, end."""
    titles: tuple[str, ...]
    """For each document, what stands before its chunks."""
    vectors: Vectors


def write_corpus(folder: Path, corpus: SavedCorpus) -> None:
    """Write a corpus, or replace the one that lies there."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "documents.jsonl": _lines(corpus),
        "spans.npy": _array_bytes(corpus.spans),
        "vectors.npy": _array_bytes(corpus.vectors),
    }
    files = {name: _write_hashed(folder, name, content) for name, content in contents.items()}
    manifest = {"format": _FORMAT, "embedder": corpus.embedder, "files": files}
    _write(folder / MANIFEST, json.dumps(manifest, indent=2).encode())
    _sweep(folder, {MANIFEST, *(str(file["path"]) for file in files.values())})


def read_corpus(folder: Path) -> SavedCorpus:
    """The corpus of a folder.

    Raises:
        CorpusUnfinishedError: there is none, or writing it was never finished.
        CorpusDamagedError: its files are not those that were written.
    """
    manifest = _read_manifest(folder)
    try:
        contents = {name: _read_hashed(folder, file) for name, file in manifest["files"].items()}
        rows = [json.loads(line) for line in contents["documents.jsonl"].splitlines()]
        return SavedCorpus(
            embedder=str(manifest["embedder"]),
            documents=tuple(Document(row["id"], row["title"], row["text"]) for row in rows),
            titles=tuple(row["heading"] for row in rows),
            spans=_array(contents["spans.npy"]),
            vectors=_array(contents["vectors.npy"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusDamagedError(
            f"The corpus in {folder.name!r} is damaged: {error}; build it again."
        ) from error


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise CorpusUnfinishedError(f"{folder.name!r} holds no finished corpus; build it first.") from error
    except ValueError as error:
        raise CorpusDamagedError(
            f"The manifest in {folder.name!r} is damaged; build the corpus again."
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise CorpusDamagedError(
            f"{folder.name!r} is of another format than {_FORMAT}; build the corpus again."
        )
    return manifest


def _lines(corpus: SavedCorpus) -> bytes:
    rows = zip(corpus.documents, corpus.titles, strict=True)
    return b"".join(json.dumps(asdict(d) | {"heading": title}).encode() + b"\n" for d, title in rows)


def _array_bytes(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=False)
    return out.getvalue()


def _array(content: bytes) -> NDArray[Any]:
    array: NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
    return array


def _write_hashed(folder: Path, name: str, content: bytes) -> dict[str, str]:
    digest = sha256(content).hexdigest()
    path = folder / f"{Path(name).stem}-{digest[:16]}{Path(name).suffix}"
    _write(path, content)
    return {"path": path.name, "sha256": digest}


def _read_hashed(folder: Path, file: dict[str, str]) -> bytes:
    content = (folder / Path(file["path"]).name).read_bytes()
    if sha256(content).hexdigest() != file["sha256"]:
        raise ValueError(f"{file['path']} has changed since it was written")
    return content


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(folder: Path, wanted: set[str]) -> None:
    """Remove what earlier corpora and broken-off writes left behind."""
    for pattern in ("documents-*", "spans-*", "vectors-*", f"{MANIFEST}.*.part"):
        for path in folder.glob(pattern):
            if path.name not in wanted:
                path.unlink(missing_ok=True)
