"""The only place that picks implementations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.settings import Settings

if TYPE_CHECKING:
    from advisor.workbench import Workbench
    from finetune.backends.local import Place
    from finetune.backends.port import Backend
    from generation.catalog import Catalog
    from generation.endpoint import RemoteEndpoint
    from retrieval.answers.extractive import SpanReader
    from retrieval.embedder import Embedder
    from retrieval.reranker import Reranker


def build_catalog(settings: Settings) -> Catalog:
    """The models that the settings name, the shipped ones and what was made of them; loads none."""
    from finetune.encoders.models import EncoderModels
    from generation.catalog import Catalog
    from retrieval.sentence_embedder import SentenceEmbedder, model_folder

    made = settings.data_dir / "adapters"
    catalog = Catalog(
        locals={SentenceEmbedder.name: model_folder(), **settings.model_folders},
        adapters=made,
        remote=build_endpoint(settings),
        capacity=settings.loaded_models,
        adapter_capacity=settings.loaded_adapters,
    )
    catalog.add_source(EncoderModels(catalog, made, settings.loaded_models))
    return catalog


def build_endpoint(settings: Settings) -> RemoteEndpoint | None:
    """The server behind models named `openai:NAME`; None where the settings name none."""
    from generation.endpoint import RemoteEndpoint

    if not (settings.openai_base_url or settings.openai_api_key):
        return None
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    endpoint = RemoteEndpoint(api_key=key)
    return replace(endpoint, base_url=settings.openai_base_url) if settings.openai_base_url else endpoint


def endpoint_of(settings: Settings, model: str) -> RemoteEndpoint:
    """The server that an `openai:` model lies on.

    Raises:
        UnknownModelError: the settings name none.
    """
    from generation.errors import UnknownModelError

    endpoint = build_endpoint(settings)
    if endpoint is None:
        raise UnknownModelError(
            f"{model!r} is on another server, and none is named; set TRIVIUM_OPENAI_BASE_URL and "
            "TRIVIUM_OPENAI_API_KEY."
        )
    return endpoint


def build_backend(settings: Settings, model: str, place: Place | None = None) -> Backend:
    """Where that model is trained: here, in that place, or on the server that it lies on.

    Raises:
        UnknownModelError: it lies on another server, and the settings name none.
    """
    from generation.catalog import REMOTE, is_remote

    if is_remote(model):
        from finetune.backends.remote import RemoteBackend

        endpoint = endpoint_of(settings, model)
        return RemoteBackend(model.removeprefix(REMOTE), endpoint, settings.job_timeout_seconds)
    from finetune.backends.local import LocalBackend, Place

    usual = Place(settings.data_dir / "adapters", settings.data_dir / "trainings", is_estimated=True)
    return LocalBackend(build_catalog(settings), model, place or usual)


def build_workbench(settings: Settings) -> Workbench:
    """Models and the embedder; the heavy libraries come with their first use."""
    from advisor.workbench import Workbench
    from retrieval.sentence_embedder import model_folder

    return Workbench(
        build_catalog(settings), build_embedder(settings), build_reader(), encoder=model_folder()
    )


def build_reader() -> SpanReader:
    """What points at answers; loads with its first use."""
    from retrieval.reader import Reader

    return Reader()


def build_reranker(settings: Settings) -> Reranker | None:
    """What reads passages again, if the settings name one; loads with its first use."""
    if settings.reranker_folder is None:
        return None
    from retrieval.cross_encoder import CrossEncoder

    return CrossEncoder(settings.reranker_folder)


def build_embedder(settings: Settings) -> Embedder:
    """What makes vectors of texts; loads with its first use."""
    if settings.embedder_folder is not None:
        from retrieval.folder_embedder import FolderEmbedder

        return FolderEmbedder(settings.embedder_folder)
    from retrieval.sentence_embedder import SentenceEmbedder

    return SentenceEmbedder()
