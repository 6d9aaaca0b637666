"""Errors of this floor.

FinetuneError
├── DatasetError       rows that cannot be trained on; names each with its number and the remedy
├── DataMustStay       the rows would be sent to another server, and may not
├── RecipeError        a dial outside its range, or dials that exclude each other
├── CheckpointError    a checkpoint that cannot be written, is in use, or belongs to another training
│   └── DamagedCheckpoint
├── TrainingError      training went wrong: the loss is no number, or the adapter has no effect
│   ├── Diverged       the loss is no number; names the step
│   └── Forgot         the parent's task got worse by more than was allowed; nothing was written
├── Stopped            asked to stop; no adapter was written, the last checkpoint is kept
│   ├── Cancelled      for good
│   └── Paused         for a while; the same call goes on where it stopped
├── ExportError        a model that cannot be written in that form
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


class Diverged(TrainingError):  # noqa: N818 - says what happened
    """The loss is no number; the weights are those before the step that gave it."""


class Forgot(TrainingError):  # noqa: N818 - says what happened
    """The parent's task got worse by more than was allowed; nothing was written."""

    def __init__(self, before: float, after: float, bound: float) -> None:
        super().__init__(
            f"On the parent's task the score fell from {before:.3f} to {after:.3f}, by more than {bound:g}; "
            "nothing was written, and the parent is as it was. Replay more of its rows, or train less."
        )
        self.before, self.after, self.bound = before, after, bound


class DataMustStay(FinetuneError):  # noqa: N818 - says what holds
    """The rows would be sent to another server, and nobody said that they may."""


class RecipeError(FinetuneError):
    """A dial outside its range, or dials that exclude each other."""


class CheckpointError(FinetuneError):
    """A checkpoint that cannot be written, is in use, or belongs to another training."""


class DamagedCheckpoint(CheckpointError):  # noqa: N818 - says what happened
    """A checkpoint that cannot be read; the training can only begin anew."""


class Stopped(FinetuneError):  # noqa: N818 - an outcome, not a fault
    """Asked to stop; no adapter was written, the last checkpoint is kept."""


class Cancelled(Stopped):
    """Asked to stop for good."""


class Paused(Stopped):
    """Asked to stop for a while; the same call goes on where it stopped."""


class ExportError(FinetuneError):
    """A model that cannot be written in that form, or not there; says what to do."""


class HeadError(FinetuneError):
    """A head that cannot be fitted or read."""
