"""Which adapter each row of a batch is computed with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from generation.lora_rows import LoraRows, LoraWeights


@dataclass(frozen=True, slots=True)
class Variants:
    """The adapter of each row of a batch."""

    bank: LoraRows
    rows: Sequence[LoraWeights | None]

    @property
    def are_one(self) -> bool:
        """Whether all rows have the same."""
        return all(row is self.rows[0] for row in self.rows)

    def together(self, rows: Sequence[int]) -> list[int]:
        """The rows, those with the same adapter side by side."""
        first: dict[LoraWeights | None, int] = {}
        return sorted(rows, key=lambda row: first.setdefault(self.rows[row], row))

    def with_those_of(self, other: Variants) -> Variants:
        """Both, one after the other."""
        return Variants(self.bank, [*self.rows, *other.rows])

    def of(self, rows: Sequence[int]) -> Variants:
        """Those of some rows."""
        return Variants(self.bank, [self.rows[i] for i in rows])

    def applied(self) -> AbstractContextManager[None]:
        """A block in which the model computes with them."""
        return self.bank.applied(self.rows)
