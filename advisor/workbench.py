"""What methods may use: models by name and the embedder."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.embedder import Embedder

from generation.catalog import REMOTE, Catalog


@dataclass(frozen=True, slots=True)
class Workbench:
    """The tools of the adviser; `service.wiring` and tests choose them."""

    catalog: Catalog
    embedder: Embedder


def is_remote(model: str) -> bool:
    """True for a name whose model runs elsewhere, so that asking it sends the data out."""
    return model.startswith(REMOTE)
