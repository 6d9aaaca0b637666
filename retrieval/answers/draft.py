"""An answer that has not been judged yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.answers.calibration import Evidence
from retrieval.answers.records import Citation, ReaderName
from retrieval.answers.shown import Shown
from retrieval.answers.support import Support


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reader would say, and what speaks for it."""

    reader: ReaderName
    text: str
    citations: tuple[Citation, ...] = ()
    evidence: Evidence | None = None
    """None where the reader itself saw no answer."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut_off: bool = False


def weigh(windows: Sequence[Shown], supports: Sequence[Support], probability: float = 0.0) -> Evidence:
    """What speaks for an answer whose sentences are supported so."""
    near = sorted((one.found.similarity or 0.0 for one in windows), reverse=True)
    length = sum(end - start for start, end in (support.span for support in supports))
    held = sum(support.share * (support.span[1] - support.span[0]) for support in supports)
    return Evidence(
        similarity=near[0] if near else 0.0,
        margin=near[0] - near[1] if len(near) > 1 else 0.0,
        relevance=max((support.relevance for support in supports), default=0.0),
        support=held / length if length else 0.0,
        probability=probability,
    )
