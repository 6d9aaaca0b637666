"""A finished encoder that answers: the label of a text, or the entities of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from finetune.encoders import body, folder
from finetune.encoders.body import Body
from finetune.encoders.rows import EncodedRow, Kind, Reader
from finetune.encoders.tagging import Entity, entities
from finetune.errors import HeadError
from finetune.heads import Head, Matrix
from generation.checkpoint import merged


class Labeller:
    """Says which label a text has. Safe between threads.

    Raises:
        AdapterMismatchError: the folder was made for another base.
        ModelUnavailableError: the folder is not a finished encoder, or the base cannot be read.
        HeadError: it tags words.
    """

    def __init__(self, made: Path, base: Path) -> None:
        self._encoder = OpenEncoder(made, base, "labels")
        self.labels = self._encoder.head.labels

    def probabilities(self, texts: Sequence[str]) -> Matrix:
        """Chances of shape (texts, labels), in the order of `labels`; of a long text the beginning counts."""
        rows, _ = self._encoder.reader.texts(texts)
        found = self._encoder.probabilities(rows)
        return np.concatenate(found) if found else np.empty((0, len(self.labels)), np.float32)

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The likeliest label of each text."""
        return [self.labels[i] for i in self.probabilities(texts).argmax(axis=1)]


class Tagger:
    """Says what each word of a sentence is; sentences may have any length. Safe between threads.

    Raises:
        AdapterMismatchError, ModelUnavailableError: as `Labeller`.
        HeadError: it labels texts.
    """

    def __init__(self, made: Path, base: Path) -> None:
        self._encoder = OpenEncoder(made, base, "tags")
        self.tags = self._encoder.head.labels

    def probabilities(self, words: Sequence[str]) -> Matrix:
        """Chances of shape (words, tags), in the order of `tags`."""
        found = self._encoder.probabilities(self._encoder.reader.words(words))
        return np.concatenate(found) if found else np.empty((0, len(self.tags)), np.float32)

    def predict(self, words: Sequence[str]) -> list[str]:
        """The likeliest tag of each word."""
        return [self.tags[i] for i in self.probabilities(words).argmax(axis=1)]

    def entities(self, words: Sequence[str]) -> list[Entity]:
        """The entities that the tags mean."""
        return entities(self.predict(words))


class OpenEncoder:
    """Body and head of a finished encoder, for rows that are encoded already."""

    def __init__(self, made: Path, base: Path, kind: Kind) -> None:
        manifest = folder.check(made, base)
        if manifest.kind != kind:
            raise HeadError(f"Encoder {made.name!r} learned {manifest.kind}, not {kind}.")
        self.reader, self.head = Reader(base), Head.load(made)
        model = body.load(base)
        self._body = Body(merged(model, made) if manifest.is_adapted else model)
        self._running = Lock()

    def probabilities(self, rows: Sequence[EncodedRow]) -> list[Matrix]:
        """Chances of each row, of shape (1 or words, names)."""
        with self._running:
            vectors = self._body.vectors(rows)
        return [self.head.probabilities(one) for one in vectors]
