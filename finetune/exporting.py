"""A model as a folder for other programs: PEFT's files, merged weights, or one file for llama.cpp."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from finetune.adapter import whole_folder
from finetune.errors import ExportError
from finetune.gguf import converter_command, write_gguf
from generation.adapter_folder import adapter_name
from generation.families import family_of
from generation.local_models import Parts

Format = Literal["peft", "merged", "gguf"]
SPARE = 1.2
"""Disk space that must be free, beside what will be written."""


def export(parts: Parts, form: Format, out: Path, converter: Path | None = None) -> None:
    """Write the model to a new folder, which is there when it is whole and not before.

    Merged weights are those that are served here: in float32 where models run on a CPU. `converter` is
    llama.cpp's script; without it, it is looked for on the PATH.

    Raises:
        ExportError: the model has no such form, the folder is in use, the disk is too small, or
            llama.cpp's converter is missing or refuses.
        AdapterMismatchError: the adapter was made for another base or other prompts.
        ModelUnavailableError: base or adapter cannot be read.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportError(f"{out} is in use; name a folder that is new or empty.")
    _check_form(parts, form)
    command = converter_command(converter) if form == "gguf" else []
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        _check_room(parts, form, out.absolute().parent)
        _write(parts, form, out, command)
    except OSError as error:
        raise ExportError(f"{out} cannot be written: {error.strerror or error}; make room there.") from error


def _check_form(parts: Parts, form: Format) -> None:
    if family_of(parts.base) == "encoder":
        if parts.adapter is None:
            raise ExportError(f"{parts.base_name!r} has learned nothing; its folder can be taken as it is.")
        if form != "peft":
            raise ExportError(
                f"{_name(parts)!r} is an encoder, whose head has no other form; export it as peft, and see "
                "its README.md."
            )
    elif form == "peft" and parts.adapter is None:
        raise ExportError(
            f"{parts.base_name!r} is no adapter, so there is nothing in PEFT's form; export it as merged."
        )


def _name(parts: Parts) -> str:
    return adapter_name(parts.adapter) if parts.adapter else parts.base_name


def _write(parts: Parts, form: Format, out: Path, command: Sequence[str]) -> None:
    with whole_folder(out) as part:
        if form == "peft" and parts.adapter is not None:
            _copy(parts.adapter, part)
        elif form == "merged":
            _merge(parts, part)
        else:
            with TemporaryDirectory(prefix=".merged-", dir=part.parent) as place:
                merged = Path(place) / "model"
                _merge(parts, merged)
                write_gguf(merged, part / "model.gguf", _name(parts), command)


def _merge(parts: Parts, folder: Path) -> None:
    from finetune.whole import save_whole
    from generation import checkpoint

    tokenizer = checkpoint.load_tokenizer(parts.base)
    model = checkpoint.load_model(parts.base)
    if parts.adapter is not None:
        model = checkpoint.with_adapter(model, tokenizer, parts.base, parts.adapter)
    save_whole(model, tokenizer, parts.base, folder)


def _copy(source: Path, target: Path) -> None:
    for path in source.iterdir():
        if path.is_file():
            shutil.copyfile(path, target / path.name)


def _check_room(parts: Parts, form: Format, place: Path) -> None:
    """Refuse before the work what would end in a full disk; half precision doubles when it is merged."""
    if form == "peft" and parts.adapter is not None:
        needed = _bytes(parts.adapter)
    else:
        needed = 2 * _bytes(parts.base) * (2 if form == "gguf" else 1)
    free = shutil.disk_usage(place).free
    if needed * SPARE > free:
        raise ExportError(
            f"The export needs about {needed * SPARE / 1e6:,.0f} MB in {place}, and "
            f"{free / 1e6:,.0f} MB are free; make room, or name a folder on another disk."
        )


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
