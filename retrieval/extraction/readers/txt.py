"""Plain text, and source code of any language."""

from __future__ import annotations

from retrieval.extraction.extracted import Draft


def read(text: str, draft: Draft) -> None:
    """Keep the text as it stands."""
    draft.add(text)
