"""Which models there are, by name: local bases, their adapters, remote ones, and what others register.

A name is looked up, never joined to a path by its text. Importing this loads no model library.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Protocol

from generation.adapter_folder import (
    MANIFEST,
    MODEL_MANIFEST,
    AdapterManifest,
    adapter_name,
    can_share,
    finished_adapters,
    read_manifest,
    trained_models,
)
from generation.endpoint import RemoteEndpoint
from generation.errors import ModelUnavailableError, UnknownModelError
from generation.fingerprint import folder_hash
from generation.language_model import LanguageModel

POCKET = Path(__file__).parent / "pocket"
"""The folder of the model in the box."""
REMOTE = "openai:"
"""How the names of remote models begin."""


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


def is_remote(name: str) -> bool:
    """Whether asking that model sends data to another server."""
    return name.startswith(REMOTE)


class ModelSource(Protocol):
    """Someone else's models, such as deployments."""

    def cards(self) -> Sequence[ModelCard]:
        """The models it has."""
        ...

    def open(self, name: str) -> LanguageModel:
        """One of them, by the name on its card."""
        ...


class Catalog:
    """Names to models; the last few that were opened stay in memory. Safe between threads.

    Args:
        locals: model folders by name, beside `pocket`, which is always there.
        adapters: the folder that finished adapter folders and trained models lie in.
        remote: where `openai:...` models are reached; without it there are none.
        capacity: models kept in memory.
        adapter_capacity: adapters kept in memory beside each of them.
    """

    def __init__(
        self,
        *,
        locals: Mapping[str, Path] | None = None,
        adapters: Path | None = None,
        remote: RemoteEndpoint | None = None,
        capacity: int = 4,
        adapter_capacity: int = 16,
    ) -> None:
        self._bases = {"pocket": POCKET, **(locals or {})}
        self._adapters, self._remote, self._capacity = adapters, remote, capacity
        self._adapter_capacity = adapter_capacity
        self._sources: list[ModelSource] = []
        self._open: OrderedDict[str, LanguageModel] = OrderedDict()
        self._lock = RLock()

    def add_source(self, source: ModelSource) -> None:
        """Let another source's models be opened by name; those of the catalog itself come first."""
        self._sources.append(source)

    def cards(self) -> list[ModelCard]:
        """All models that can be opened now."""
        found = [ModelCard(n, _written(f), "trivium") for n, f in self._bases.items() if _is_model(f)]
        found += [self._made_card(folder, MODEL_MANIFEST) for folder in self._trained().values()]
        found += [self._made_card(folder) for folder in self._adapter_folders()]
        found += [
            ModelCard(REMOTE + name, 0, "remote") for name in (self._remote.models if self._remote else ())
        ]
        return found + [card for source in self._sources for card in source.cards()]

    def open(self, name: str) -> LanguageModel:
        """The model of that name.

        Raises:
            UnknownModelError: there is none.
            ModelUnavailableError: there is one, but it cannot be loaded.
            AdapterMismatchError: an adapter whose base or prompts have changed since.
        """
        load = self._loader(name)
        if load is None:
            return self._from_sources(name)
        with self._lock:
            if shared := self._shareable(name):
                return self._adapted(name, shared)
            if name not in self._open:
                self._open[name] = load()
            self._open.move_to_end(name)
            while len(self._open) > self._capacity:
                self._open.popitem(last=False)
            return self._open[name]

    def folder(self, name: str) -> Path:
        """The folder of a local base, for training on it.

        Raises:
            UnknownModelError: no base of that name.
        """
        bases = self._bases | self._trained()
        if name not in bases:
            raise UnknownModelError(f"{name!r} is no local base; there are: {', '.join(bases)}.")
        return bases[name]

    def parts(self, name: str) -> Parts:
        """What a base or an adapter is made of, for training it on.

        Raises:
            UnknownModelError: no local model of that name.
            ModelUnavailableError: an adapter that is damaged, or whose base is gone.
        """
        adapter = next((f for f in self._adapter_folders() if adapter_name(f) == name), None)
        if adapter is None:
            return Parts(name, self.folder(name))
        base = self._base_name(read_manifest(adapter))
        return Parts(base, self._base_folder(adapter), adapter)

    def open_adapter(self, base_name: str, adapter_folder: Path) -> LanguageModel:
        """A base with an adapter from anywhere; not kept in memory beyond the caller's use.

        Raises:
            UnknownModelError: no base of that name.
            AdapterMismatchError: the adapter was made for another base or other prompts.
            ModelUnavailableError: base or adapter cannot be loaded.
        """
        return _local(adapter_name(adapter_folder), self.folder(base_name), adapter_folder)

    def forget(self, name: str) -> None:
        """Let go of a model whose files are gone or replaced."""
        with self._lock:
            self._open.pop(name, None)

    def _shareable(self, name: str) -> Path | None:
        """The folder of an adapter that can share its base's weights with others."""
        folder = next((f for f in self._adapter_folders() if adapter_name(f) == name), None)
        return folder if folder and can_share(folder) else None

    def _adapted(self, name: str, folder: Path) -> LanguageModel:
        from generation.adapted_model import AdaptedModel
        from generation.transformers_model import TransformersModel

        self._base_folder(folder)
        base = self.open(self._base_name(read_manifest(folder)))
        assert isinstance(base, TransformersModel)
        return AdaptedModel(name, base, base.adapter(folder))

    def _loader(self, name: str) -> Callable[[], LanguageModel] | None:
        bases = self._bases | self._trained()
        if name in bases:
            return lambda: _local(name, bases[name], None, self._adapter_capacity)
        folders = {adapter_name(folder): folder for folder in self._adapter_folders()}
        if name in folders:
            return lambda: _local(name, self._base_folder(folders[name]), folders[name])
        if self._remote and is_remote(name):
            return self._remote_loader(name, self._remote)
        return None

    def _remote_loader(self, name: str, endpoint: RemoteEndpoint) -> Callable[[], LanguageModel] | None:
        model = name.removeprefix(REMOTE)
        allowed = not endpoint.models or model in endpoint.models
        return (lambda: _remote(name, model, endpoint)) if model and allowed else None

    def _from_sources(self, name: str) -> LanguageModel:
        for source in self._sources:
            if any(card.name == name for card in source.cards()):
                return source.open(name)
        there = ", ".join(sorted(card.name for card in self.cards()))
        hint = "" if self._remote or not is_remote(name) else " No remote endpoint is configured."
        raise UnknownModelError(f"There is no model {name!r}.{hint} There are: {there or 'none'}.")

    def _made_card(self, folder: Path, kind: str = MANIFEST) -> ModelCard:
        try:
            manifest = read_manifest(folder, kind)
        except ModelUnavailableError:
            return ModelCard(adapter_name(folder), 0, "trivium")
        return ModelCard(adapter_name(folder), manifest.created, "trivium", self._base_name(manifest))

    def _base_name(self, manifest: AdapterManifest) -> str:
        """The catalog's name for an adapter's base: manifests know only the base's folder."""
        bases = self._bases | self._trained()
        named = [n for n, folder in bases.items() if manifest.base_name in (folder.name, n)]
        if len(named) > 1:
            named = [n for n in named if folder_hash(bases[n]) == manifest.base_hash] or named
        return named[0] if named else manifest.base_name

    def _base_folder(self, adapter: Path) -> Path:
        name = self._base_name(read_manifest(adapter))
        try:
            return self.folder(name)
        except UnknownModelError as error:
            raise ModelUnavailableError(
                f"{adapter_name(adapter)!r} was trained on {name!r}, which is no longer there; "
                "give the server that model folder again."
            ) from error

    def _trained(self) -> dict[str, Path]:
        return {adapter_name(f): f for f in trained_models(self._adapters)} if self._adapters else {}

    def _adapter_folders(self) -> list[Path]:
        return finished_adapters(self._adapters) if self._adapters else []


def _local(name: str, folder: Path, adapter: Path | None, adapters: int = 1) -> LanguageModel:
    from generation.transformers_model import TransformersModel

    return TransformersModel(name, folder, adapter=adapter, capacity=adapters)


def _remote(name: str, model: str, endpoint: RemoteEndpoint) -> LanguageModel:
    from generation.openai_model import OpenAIModel

    return OpenAIModel(name, model, endpoint)


def _is_model(folder: Path) -> bool:
    return (folder / "config.json").is_file()


def _written(folder: Path) -> int:
    return int((folder / "config.json").stat().st_mtime)
