"""Which models there are, by name: local bases, their adapters, remote ones, and what others register.

A name is looked up, never joined to a path by its text. Importing this loads no model library.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import Protocol

from generation.adapter_folder import AdapterManifest, adapter_name, can_share
from generation.endpoint import RemoteEndpoint
from generation.errors import UnknownModelError
from generation.families import family_of
from generation.language_model import LanguageModel
from generation.local_models import LocalModels, ModelCard, Parts

__all__ = ["Catalog", "ModelCard", "Parts", "is_remote"]

POCKET = Path(__file__).parent / "pocket"
"""The folder of the model in the box."""
REMOTE = "openai:"
"""How the names of remote models begin."""


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
        self._local = LocalModels({"pocket": POCKET, **(locals or {})}, adapters)
        self._remote, self._capacity = remote, capacity
        self._adapter_capacity = adapter_capacity
        self._sources: list[ModelSource] = []
        self._open: OrderedDict[str, LanguageModel] = OrderedDict()
        self._lock = RLock()

    def add_source(self, source: ModelSource) -> None:
        """Let another source's models be opened by name; those of the catalog itself come first."""
        self._sources.append(source)

    def cards(self) -> list[ModelCard]:
        """All models that can be opened now."""
        found = self._local.cards()
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
        parts = self._local.find(name)
        if parts and family_of(parts.base) == "encoder":
            raise UnknownModelError(
                f"{name!r} is an encoder, which writes nothing until it has learned labels or tags."
            )
        with self._lock:
            if parts and parts.adapter and can_share(parts.adapter):
                return self._adapted(name, parts.base_name, parts.adapter)
            load = self._loader(name, parts)
            if load is not None:
                return self._kept(name, load)
        return self._from_sources(name)

    def folder(self, name: str) -> Path:
        """The folder of a local base, for training on it.

        Raises:
            UnknownModelError: no base of that name.
        """
        return self._local.base(name)

    def parts(self, name: str) -> Parts:
        """What a base, an adapter or an encoder that has learned is made of, for training it on.

        Raises:
            UnknownModelError: no local model of that name.
            ModelUnavailableError: an adapter that is damaged, or whose base is gone.
        """
        made = self._local.find(name) or self._local.learned_encoder(name)
        return made or Parts(name, self._local.base(name))

    def base_name(self, manifest: AdapterManifest) -> str:
        """The name here of the base that something was made for, be it there or not."""
        return self._local.base_name(manifest)

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

    def _kept(self, name: str, load: Callable[[], LanguageModel]) -> LanguageModel:
        """A model in memory; the one used least lately makes room."""
        if name not in self._open:
            self._open[name] = load()
        self._open.move_to_end(name)
        while len(self._open) > self._capacity:
            self._open.popitem(last=False)
        return self._open[name]

    def _adapted(self, name: str, base_name: str, folder: Path) -> LanguageModel:
        """An adapter beside its base, which it shares with others."""
        from generation.adapted_model import AdaptedModel
        from generation.transformers_model import TransformersModel

        base = self.open(base_name)
        assert isinstance(base, TransformersModel)
        return AdaptedModel(name, base, base.adapter(folder))

    def _loader(self, name: str, parts: Parts | None) -> Callable[[], LanguageModel] | None:
        if parts is not None:
            return lambda: _local(name, parts.base, parts.adapter, self._adapter_capacity)
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


def _local(name: str, folder: Path, adapter: Path | None, adapters: int = 1) -> LanguageModel:
    from generation.transformers_model import TransformersModel

    return TransformersModel(name, folder, adapter=adapter, capacity=adapters)


def _remote(name: str, model: str, endpoint: RemoteEndpoint) -> LanguageModel:
    from generation.openai_model import OpenAIModel

    return OpenAIModel(name, model, endpoint)
