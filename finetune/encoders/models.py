"""Encoders that learned labels or tags, as models of the catalog. Importing this loads no model library."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock

from generation.adapter_folder import ENCODER_MANIFEST, adapter_name, adapter_path, read_manifest
from generation.adapter_folder import finished_encoders as finished
from generation.catalog import Catalog, ModelCard
from generation.errors import ModelUnavailableError, UnknownModelError
from generation.language_model import LanguageModel


class EncoderModels:
    """Implements the catalog's `ModelSource`. Safe between threads.

    Args:
        catalog: knows the bases.
        made: the folder that they lie in.
        capacity: encoders kept in memory.
    """

    def __init__(self, catalog: Catalog, made: Path, capacity: int = 2) -> None:
        self._catalog, self._made, self._capacity = catalog, made, capacity
        self._open: OrderedDict[str, LanguageModel] = OrderedDict()
        self._lock = Lock()

    def cards(self) -> list[ModelCard]:
        """All that are finished."""
        return [self._card(folder) for folder in finished(self._made)]

    def open(self, name: str) -> LanguageModel:
        """One of them.

        Raises:
            UnknownModelError: there is none of that name.
            AdapterMismatchError: its base has changed since.
            ModelUnavailableError: it is damaged, or its base is gone.
        """
        folder = adapter_path(self._made, name)
        if not (folder / ENCODER_MANIFEST).is_file():
            raise UnknownModelError(f"There is no encoder {name!r}.")
        base = self._catalog.parts(name).base
        with self._lock:
            if name not in self._open:
                from finetune.encoders.chat import EncoderModel

                self._open[name] = EncoderModel(name, folder, base)
            self._open.move_to_end(name)
            while len(self._open) > self._capacity:
                self._open.popitem(last=False)
            return self._open[name]

    def _card(self, folder: Path) -> ModelCard:
        try:
            manifest = read_manifest(folder, ENCODER_MANIFEST)
        except ModelUnavailableError:
            return ModelCard(adapter_name(folder), 0, "trivium")
        base = self._catalog.base_name(manifest)
        return ModelCard(adapter_name(folder), manifest.created, "trivium", base)
