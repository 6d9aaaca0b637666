"""The only place that picks implementations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.settings import Settings

if TYPE_CHECKING:
    from advisor.workbench import Workbench
    from generation.catalog import Catalog
    from retrieval.answers.extractive import SpanReader
    from retrieval.embedder import Embedder


def build_catalog(settings: Settings) -> Catalog:
    """The models that the settings name; loads none."""
    from generation.catalog import Catalog
    from generation.endpoint import RemoteEndpoint

    remote = None
    if settings.openai_base_url or settings.openai_api_key:
        key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
        remote = RemoteEndpoint(api_key=key)
        if settings.openai_base_url:
            remote = replace(remote, base_url=settings.openai_base_url)
    return Catalog(
        locals=settings.model_folders,
        adapters=settings.data_dir / "adapters",
        remote=remote,
        capacity=settings.loaded_models,
        adapter_capacity=settings.loaded_adapters,
    )


def build_workbench(settings: Settings) -> Workbench:
    """Models and the embedder; the heavy libraries come with their first use."""
    from advisor.workbench import Workbench
    from retrieval.sentence_embedder import model_folder

    return Workbench(build_catalog(settings), build_embedder(), build_reader(), encoder=model_folder())


def build_reader() -> SpanReader:
    """What points at answers; loads with its first use."""
    from retrieval.reader import Reader

    return Reader()


def build_embedder() -> Embedder:
    """What makes vectors of texts; loads with its first use."""
    from retrieval.sentence_embedder import SentenceEmbedder

    return SentenceEmbedder()
