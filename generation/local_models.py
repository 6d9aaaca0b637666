"""Models in local folders by name: bases, and what trainings made of them. Loads no model library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generation.adapter_folder import (
    ENCODER_MANIFEST,
    MANIFEST,
    MODEL_MANIFEST,
    AdapterManifest,
    adapter_name,
    adapter_path,
    finished_adapters,
    read_manifest,
    trained_models,
)
from generation.errors import ModelUnavailableError, UnknownModelError
from generation.families import family_of
from generation.fingerprint import folder_hash


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a list of models tells of one."""

    name: str
    created: int
    """Seconds since 1970; 0 when unknown."""
    owned_by: str
    parent: str | None = None
    """The base of an adapter, the model of a deployment."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a local model is made of."""

    base_name: str
    base: Path
    adapter: Path | None = None


class LocalModels:
    """Looks names up; a name is never joined to a path by its text.

    Args:
        bases: model folders by name.
        made: the folder that finished adapters and trained models lie in.
    """

    def __init__(self, bases: Mapping[str, Path], made: Path | None) -> None:
        self._bases, self._made = bases, made

    def cards(self) -> list[ModelCard]:
        """Those that can be opened now; encoders write nothing, so they are only trained on."""
        found = [ModelCard(n, _written(f), "trivium") for n, f in self._bases.items() if _writes(f)]
        if self._made:
            found += [self._card(folder, MODEL_MANIFEST) for folder in trained_models(self._made)]
            found += [self._card(folder, MANIFEST) for folder in finished_adapters(self._made)]
        return found

    def base(self, name: str) -> Path:
        """The folder of a whole model.

        Raises:
            UnknownModelError: no local model of that name, or it is an adapter.
        """
        folder = self._bases.get(name) or self._finished(name, MODEL_MANIFEST)
        if folder is None:
            there = ", ".join(dict.fromkeys([*self._bases, *(card.name for card in self.cards())]))
            raise UnknownModelError(f"{name!r} is no local base; there are: {there}.")
        return folder

    def find(self, name: str) -> Parts | None:
        """What a model is made of; None where there is none of that name.

        Raises:
            ModelUnavailableError: an adapter that is damaged, or whose base is gone.
        """
        whole = self._bases.get(name) or self._finished(name, MODEL_MANIFEST)
        if whole is not None:
            return Parts(name, whole)
        return self._made_for_a_base(name, MANIFEST)

    def learned_encoder(self, name: str) -> Parts | None:
        """What an encoder that has learned is made of; it is no language model, so `find` finds none.

        Raises:
            ModelUnavailableError: it is damaged, or its base is gone.
        """
        return self._made_for_a_base(name, ENCODER_MANIFEST)

    def _made_for_a_base(self, name: str, kind: str) -> Parts | None:
        made = self._finished(name, kind)
        if made is None:
            return None
        base = self.base_name(read_manifest(made, kind))
        try:
            return Parts(base, self.base(base), made)
        except UnknownModelError as error:
            raise ModelUnavailableError(
                f"{adapter_name(made)!r} was trained on {base!r}, which is no longer there; "
                "give the server that model folder again."
            ) from error

    def _finished(self, name: str, manifest: str) -> Path | None:
        folder = adapter_path(self._made, name) if self._made and name else None
        return folder if folder and (folder / manifest).is_file() else None

    def _card(self, folder: Path, kind: str) -> ModelCard:
        try:
            manifest = read_manifest(folder, kind)
        except ModelUnavailableError:
            return ModelCard(adapter_name(folder), 0, "trivium")
        return ModelCard(adapter_name(folder), manifest.created, "trivium", self.base_name(manifest))

    def base_name(self, manifest: AdapterManifest) -> str:
        """Our name for a base: manifests know only its folder's."""
        named = [n for n, folder in self._bases.items() if manifest.base_name in (folder.name, n)]
        if len(named) > 1:
            named = [n for n in named if folder_hash(self._bases[n]) == manifest.base_hash] or named
        trained = adapter_name(Path(manifest.base_name))
        if not named and self._finished(trained, MODEL_MANIFEST):
            return trained
        return named[0] if named else manifest.base_name


def _writes(folder: Path) -> bool:
    return (folder / "config.json").is_file() and family_of(folder) != "encoder"


def _written(folder: Path) -> int:
    return int((folder / "config.json").stat().st_mtime)
