"""llama.cpp's own converter, run as the program that it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from finetune.errors import ExportError

NAMES = ("convert_hf_to_gguf.py", "convert_hf_to_gguf", "convert-hf-to-gguf")
LIMIT_SECONDS = 3600.0
SHOWN_LINES = 1


def converter_command(named: Path | None) -> list[str]:
    """How the converter is started; a script that may not be run itself is run by this Python.

    Raises:
        ExportError: there is none.
    """
    found = str(named) if named is not None else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None or not Path(found).is_file():
        missing = f"{named} is no file" if named is not None else f"{NAMES[0]} is not on the PATH"
        raise ExportError(
            f"GGUF needs llama.cpp's converter, and {missing}; get llama.cpp, install its "
            "requirements/requirements-convert_hf_to_gguf.txt, and name the script in TRIVIUM_GGUF_CONVERTER."
        )
    return [found] if shutil.which(found) else [sys.executable, found]


def write_gguf(model: Path, out: Path, command: Sequence[str], limit_seconds: float = LIMIT_SECONDS) -> None:
    """Convert a model folder into one file.

    Raises:
        ExportError: the converter refuses the model, or takes too long.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the program that the settings or the PATH name
            [*command, str(model), "--outfile", str(out)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_seconds,
            check=False,
        )
    except OSError as error:
        raise ExportError(
            f"{command[0]} cannot be started: {error}; name another in TRIVIUM_GGUF_CONVERTER."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ExportError(
            f"{command[-1]} took longer than {limit_seconds:g} seconds; export the merged weights, and "
            "convert them on a larger machine."
        ) from error
    if done.returncode or not out.is_file():
        last = " ".join(done.stderr.strip().splitlines()[-SHOWN_LINES:])
        raise ExportError(
            f"{command[-1]} does not convert this model: {last or 'it says nothing'} - export the merged "
            "weights instead, or use a newer llama.cpp."
        )
