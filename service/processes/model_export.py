"""The process of one export: it writes the model's folder, packs it, and ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tarfile
from pathlib import Path
from typing import Any

from finetune.errors import ExportError
from generation.catalog import Parts
from service.exports import ARCHIVE
from service.processes.dataset_check import NICENESS, RefusedError, write_outcome
from service.processes.leash import ask_self_to_stop, hold


def main(task: dict[str, Any], place: Path) -> None:
    """Write the archive, or why there is none."""
    write_outcome(place, lambda: _export(task, place))


def _export(task: dict[str, Any], place: Path) -> dict[str, Any]:
    from finetune.exporting import export

    told = task["parts"]
    parts = Parts(told["base_name"], Path(told["base"]), Path(told["adapter"]) if told["adapter"] else None)
    converter = Path(task["converter"]) if task["converter"] else None
    try:
        export(parts, task["form"], place / "model", converter)
        _pack(place / "model", task["name"], place / ARCHIVE)
    except ExportError as error:
        raise RefusedError("format", str(error)) from error
    return {"archive": ARCHIVE}


def _pack(folder: Path, name: str, archive: Path) -> None:
    try:
        with tarfile.open(archive, "w") as tar:
            tar.add(folder, name, filter=_nobodys)
    except OSError as error:
        raise ExportError(f"The archive cannot be written: {error.strerror or error}; make room.") from error
    shutil.rmtree(folder)


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Users of this machine mean nothing elsewhere."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _end(*_: object) -> None:
    """As an exception, so that a converter that is running ends too."""
    sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    hold(on_parent_death=ask_self_to_stop)
    os.nice(NICENESS)
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
