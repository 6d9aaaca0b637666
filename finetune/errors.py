"""Errors of this floor.

FinetuneError
├── DatasetError       rows that cannot be trained on; names each with its number and the remedy
├── TrainingError      training went wrong: the loss is no number, or the adapter has no effect
├── Cancelled          asked to stop; nothing was written
└── HeadError          a head that cannot be fitted or read
"""


class FinetuneError(Exception):
    """Base of all errors that fine-tuning raises on purpose."""


class DatasetError(FinetuneError):
    """Rows that cannot be trained on; `problems` holds one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        shown = " ".join(problems[:5])
        more = f" And {len(problems) - 5} more." if len(problems) > 5 else ""
        super().__init__(shown + more)
        self.problems = problems


class TrainingError(FinetuneError):
    """Training went wrong: the loss is no number, or the adapter has no effect."""


class Cancelled(FinetuneError):  # noqa: N818 - an outcome, not a fault
    """Asked to stop; nothing was written."""


class HeadError(FinetuneError):
    """A head that cannot be fitted or read."""
