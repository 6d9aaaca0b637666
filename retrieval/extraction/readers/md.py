"""Markdown, which people and models read as it stands."""

from __future__ import annotations

import re

from retrieval.extraction.extracted import Draft

_HEADING = re.compile(r"^#[ \t]+(\S.*)", re.MULTILINE)


def read(text: str, draft: Draft) -> None:
    """Keep the text; its first heading of the first level is the title."""
    heading = _HEADING.search(text)
    draft.title = heading[1].rstrip("# \t") if heading else ""
    draft.add(text)
