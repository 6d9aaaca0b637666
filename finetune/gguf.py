"""llama.cpp's own converter, run as the program that it is."""

from __future__ import annotations

import os
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
            f"GGUF needs llama.cpp's converter, and {missing}; get llama.cpp, install sentencepiece beside "
            "Trivium, and name the script in TRIVIUM_GGUF_CONVERTER."
        )
    return [found] if shutil.which(found) else [sys.executable, found]


def write_gguf(model: Path, out: Path, name: str, command: Sequence[str]) -> None:
    """Convert a model folder into one file that tells the model's name.

    A converter that asks for any `python3` is given this one, which has torch and transformers.

    Raises:
        ExportError: the converter refuses the model, or takes too long.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    try:
        done = subprocess.run(  # noqa: S603 - the program that the settings or the PATH name
            [*command, str(model), "--outfile", str(out), "--model-name", name],
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_SECONDS,
            check=False,
        )
    except OSError as error:
        raise ExportError(
            f"{command[0]} cannot be started: {error}; name another in TRIVIUM_GGUF_CONVERTER."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ExportError(
            f"{command[-1]} took longer than {LIMIT_SECONDS:g} seconds; export the merged weights, and "
            "convert them on a larger machine."
        ) from error
    if done.returncode or not out.is_file():
        last = " ".join(done.stderr.strip().splitlines()[-SHOWN_LINES:])
        raise ExportError(
            f"{command[-1]} does not convert this model: {last or 'it says nothing'} - install what it "
            "misses beside Trivium, use a newer llama.cpp, or export the merged weights instead."
        )
