"""`trivium export`: a model of the catalog as a folder for other programs."""

from __future__ import annotations

from pathlib import Path

import typer

from finetune.errors import FinetuneError
from finetune.exporting import Format, export
from generation.catalog import is_remote
from generation.errors import GenerationError
from service.commands.messages import BAD_INPUT, console, fail, settings_from
from service.wiring import build_catalog


def run_export(model: str, form: Format, out: Path) -> None:
    """Write the folder and say where it lies."""
    if is_remote(model):
        fail(f"{model!r} is on another server, which keeps its weights; name a local model.", BAD_INPUT)
    settings = settings_from()
    try:
        with console.status("exporting"):
            export(build_catalog(settings).parts(model), form, out, settings.gguf_converter)
    except (FinetuneError, GenerationError) as error:
        fail(str(error), BAD_INPUT)
    typer.echo(f"{model} lies in {out}")
