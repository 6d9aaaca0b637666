"""Immutable files of named arrays, memory-mapped, with a checksum. Knows nothing about what they hold.

A page with magic, header and the header's checksum; then each array from a multiple of 64 bytes on.
A file is written beside its place, flushed and renamed, so it is whole or not there.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from retrieval.store.errors import StoreFullError

Array = NDArray[Any]
_MAGIC = b"TRIVARR1"
_PAGE = 4096
_ALIGN = 64
_BLOCK = 1 << 22
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


class ArraysDamagedError(Exception):
    """The file is not what was written; whoever reads it knows what that means."""


@dataclass(frozen=True, slots=True)
class ArraysFile:
    """An open file."""

    path: Path
    facts: dict[str, Any]
    arrays: dict[str, Array]
    checksum: int
    """CRC-32 of all that follows the header."""


def write_arrays(path: Path, facts: Mapping[str, Any], arrays: Mapping[str, Iterable[Array]]) -> int:
    """Write a file of arrays, each given in blocks along its first axis, and return its checksum.

    Raises:
        StoreFullError: the disk did not take it.
    """
    with written_beside(path) as out:
        out.write(bytes(_PAGE))
        checksum, places = 0, {}
        for name, blocks in arrays.items():
            padding = bytes(-out.tell() % _ALIGN)
            checksum = crc32(padding, checksum)
            out.write(padding)
            checksum, places[name] = _append(out, blocks, checksum)
        header = {"facts": dict(facts), "arrays": places, "bytes": out.tell(), "checksum": checksum}
        out.seek(0)
        out.write(_page(header))
    return checksum


def read_arrays(path: Path) -> ArraysFile:
    """Map a file into memory; checks its header and its size, not what follows.

    Raises:
        FileNotFoundError: it is not there.
        ArraysDamagedError: its header or its size is not what was written.
    """
    with path.open("rb") as file:
        header = _header(file.read(_PAGE), path)
    if path.stat().st_size != header["bytes"]:
        raise ArraysDamagedError(f"{path.name} has {path.stat().st_size} bytes, not {header['bytes']}")
    arrays = {name: _mapped(path, **place) for name, place in header["arrays"].items()}
    return ArraysFile(path, header["facts"], arrays, header["checksum"])


def is_whole(file: ArraysFile) -> bool:
    """Whether every byte is as it was written; reads all of them."""
    checksum = 0
    with file.path.open("rb") as stream:
        stream.seek(_PAGE)
        while block := stream.read(_BLOCK):
            checksum = crc32(block, checksum)
    return checksum == file.checksum


@contextmanager
def written_beside(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content stands at `path` when the block ends well, and nowhere when it does not.

    Raises:
        StoreFullError: the disk did not take it.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno in _NO_SPACE:
            raise StoreFullError(
                f"The disk did not take {path.name} ({error.strerror}); the store is as it was: "
                "free some space and try again."
            ) from error
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _append(out: BinaryIO, blocks: Iterable[Array], checksum: int) -> tuple[int, dict[str, Any]]:
    start, rows, width, dtype = out.tell(), 0, [], np.dtype(np.uint8)
    for block in blocks:
        content = np.ascontiguousarray(block).tobytes()
        checksum = crc32(content, checksum)
        out.write(content)
        rows, width, dtype = rows + len(block), list(block.shape[1:]), block.dtype
    return checksum, {"offset": start, "shape": [rows, *width], "dtype": np.lib.format.dtype_to_descr(dtype)}


def _page(header: dict[str, Any]) -> bytes:
    content = json.dumps(header).encode()
    return _MAGIC + crc32(content).to_bytes(4, "little") + content.ljust(_PAGE - 12)


def _header(page: bytes, path: Path) -> dict[str, Any]:
    content = page[12:].rstrip()
    if page[:8] != _MAGIC or crc32(content).to_bytes(4, "little") != page[8:12]:
        raise ArraysDamagedError(f"the header of {path.name} is damaged")
    header: dict[str, Any] = json.loads(content)
    return header


def _mapped(path: Path, offset: int, shape: list[int], dtype: Any) -> Array:
    kind = np.lib.format.descr_to_dtype(dtype)
    if 0 in shape:
        return np.empty(shape, kind)
    return np.asarray(np.memmap(path, kind, "r", offset, tuple(shape)))


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
