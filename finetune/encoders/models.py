"""Encoders that learned labels or tags, as models of the catalog. Importing this loads no model library."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from threading import Lock

from generation.adapter_folder import ENCODER_MANIFEST, AdapterManifest, adapter_name, adapter_path
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
        base = self._catalog.parts_of(folder, _manifest(folder)).base
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
            manifest = _manifest(folder)
        except ModelUnavailableError:
            return ModelCard(adapter_name(folder), 0, "trivium")
        base = self._catalog.base_name(manifest)
        return ModelCard(adapter_name(folder), manifest.created, "trivium", base)


def _manifest(folder: Path) -> AdapterManifest:
    try:
        made = json.loads((folder / ENCODER_MANIFEST).read_text("utf-8"))["training"]
        return AdapterManifest(made["base_name"], made["base_hash"], made["prompt_hash"], made["created"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailableError(
            f"Encoder {adapter_name(folder)!r} is not finished or damaged ({error}); train it again."
        ) from error
