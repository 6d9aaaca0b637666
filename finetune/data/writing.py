"""Rows as JSONL, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from finetune.data.rows import Row


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows in the canonical form."""
    write_lines(path, (row.as_dict() for row in rows))


def write_lines(path: Path, objects: Iterable[Mapping[str, Any]]) -> None:
    """Write an object on every line; a file that was there is replaced at the very end."""
    with NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=path.parent, delete=False) as partial:
        try:
            partial.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
            partial.flush()
            os.fsync(partial.fileno())
            Path(partial.name).replace(path)
        except BaseException:
            Path(partial.name).unlink(missing_ok=True)
            raise
