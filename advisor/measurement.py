"""What was measured, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from advisor.audit import Finding
from advisor.experience import Experience, experience
from advisor.methods import Situation
from advisor.use_case import Sample


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that was measured; every figure of the report is a function of it."""

    situation: Situation
    samples: tuple[Sample, ...]
    """Those that were scored."""
    tensor: dict[str, pa.Table]
    """Method -> its rows in the order of the samples, for methods that answered every one of them."""
    not_run: dict[str, str]
    """Method -> why it does not apply."""
    failed: dict[str, str]
    """Method -> what went wrong while it was measured."""
    audit: tuple[Finding, ...]
    """What is odd about the samples."""
    folds: int
    documents: int
    index_seconds: float
    """That indexing the corpus took; 0 where there is none."""
    shown: Mapping[str, tuple[bool, ...]] = field(default_factory=dict)
    """Method that shows documents -> of each sample, whether one of them held the wanted answer."""
    dropped: Mapping[str, str] = field(default_factory=dict)
    """Method -> why it was not measured to the end."""
    partly: Mapping[str, pa.Table] = field(default_factory=dict)
    """Method -> its rows, for those of them that answered some samples."""
    elsewhere: Experience = field(default_factory=experience)
    """What methods did on other tasks."""
    raced: bool = False
    """Whether methods could be dropped."""
    stopped: str | None = None
    """Why measuring ended before every sample was answered."""
    locked: int = 0
    """Samples that took no part in choosing."""
    confirmation: Mapping[str, pa.Table] = field(default_factory=dict)
    """Method -> what it answered to those, for methods that were asked after the choice."""
    learned_from: float = 0.0
    """Samples that a fold learns from, on average."""
    curves: Mapping[str, Mapping[int, pa.Table]] = field(default_factory=dict)
    """Method -> part -> its rows where it learned from one of so many of those samples."""
