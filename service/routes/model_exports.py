"""/v1/models/{model}/export: a local model as an archive for other programs; ours, not OpenAI's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from finetune.exporting import Format
from service.exports import ExportTask, export_apart
from service.fine_tuning_admission import find_model, slug
from service.resources import Here

router = APIRouter(prefix="/v1/models", tags=["models"])
PIECE = 1 << 20


@router.get("/{model:path}/export", response_class=StreamingResponse)
def export(here: Here, model: str, format: Format = "merged") -> StreamingResponse:
    """A tar archive with the adapter as it is, a whole transformers folder, or a file for llama.cpp."""
    name = f"{slug(model)}-{format}"
    task = ExportTask(name, find_model(here, model), format, here.settings.gguf_converter)
    archive = export_apart(task, here.data.root / "exports")
    headers = {
        "content-length": str(os.fstat(archive.fileno()).st_size),
        "content-disposition": f'attachment; filename="{name}.tar"',
    }
    return StreamingResponse(_pieces(archive), media_type="application/x-tar", headers=headers)


def _pieces(archive: BinaryIO) -> Iterator[bytes]:
    with archive:
        while piece := archive.read(PIECE):
            yield piece
