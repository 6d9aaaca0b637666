"""A method, prepared: everything that is needed to answer like it did when it was measured.

A plan is plain data beside its artifacts (adapter, head), so what was measured can be stored,
served and read again without the method that made it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from generation.prompts import Demonstration

ADAPTER = "adapter"
"""Folder of the plan's adapter, beside the plan."""
HEAD = "head"
"""Folder of the plan's head, beside the plan."""


class Plan(BaseModel):
    """How one method answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str
    model: str
    instruction: str = ""
    labels: tuple[str, ...] = ()
    """When given, the answer is one of them."""
    max_tokens: int = 64
    demonstrations: tuple[Demonstration, ...] = ()
    nearest: int = 0
    """When above 0, only this many demonstrations are shown: those nearest to the input."""
    passages: int = 0
    """Passages of the corpus that are shown, or read."""
    whole_corpus: bool = False
    """Every document of the corpus is shown."""
    adapted: bool = False
    """The model, or the encoder below the head, carries the adapter beside the plan."""
    head: bool = False
    """A head answers, which lies beside the plan or in its adapter; no language model is asked."""
    reads: bool = False
    """The reader answers with words of the passages; no language model is asked."""
    unlearned: int = 0
    """Training samples that the model's context window has no room for."""

    @property
    def needs_corpus(self) -> bool:
        """Whether it answers from documents."""
        return self.passages > 0 or self.whole_corpus
