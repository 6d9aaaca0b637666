"""What methods may use: models by name and the embedder."""

from __future__ import annotations

from dataclasses import dataclass

from generation.catalog import Catalog
from retrieval.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Workbench:
    """The tools of the adviser; `service.wiring` and tests choose them."""

    catalog: Catalog
    embedder: Embedder
