"""What models that were trained here are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generation.catalog import Parts

PROJECT = "trivium"


def trained_name(base: str, suffix: str, mark: str) -> str:
    """A name in OpenAI's form; the mark tells trainings of one base and suffix apart."""
    return f"ft:{base}:{PROJECT}:{suffix}:{mark[-8:]}"


def root_of(parts: Parts) -> str:
    """The base's own name, also where it is a trained model itself."""
    return parts.base_name.split(":")[1] if parts.base_name.startswith("ft:") else parts.base_name
