"""What methods may use: models by name, the embedder and the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from finetune.errors import HeadError
from generation.catalog import Catalog
from retrieval.answers.extractive import SpanReader
from retrieval.answers.sentence_reader import SentenceReader
from retrieval.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Workbench:
    """The tools of the adviser; `service.wiring` and tests choose them."""

    catalog: Catalog
    embedder: Embedder
    reader: SpanReader = field(default_factory=SentenceReader)
    encoder: Path | None = None
    """The folder of the encoder that is trained where answers are labels; without one none is."""

    def encoder_folder(self) -> Path:
        """The folder of the encoder.

        Raises:
            HeadError: there is none.
        """
        if self.encoder is None:
            raise HeadError("There is no encoder to train; give the workbench the folder of one.")
        return self.encoder
