"""Lone surrogates: JSON may hold them, UTF-8 and tokenizers do not take them."""

from __future__ import annotations


def without_surrogates(text: str) -> str:
    """The text with a question mark for each lone surrogate."""
    return text.encode("utf-8", "replace").decode("utf-8")
