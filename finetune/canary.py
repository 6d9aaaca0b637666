"""Whether what was written serves what was trained."""

from __future__ import annotations

from finetune.errors import TrainingError

AGREEMENT = 0.05
"""How far the served loss may lie from the trained one, as a share of it (plus the same in nats)."""


def check_served(trained: float, served: float, remedy: str = "Please report this.") -> None:
    """Compare the loss of the trained model with that of the folder, loaded as serving loads it.

    Raises:
        TrainingError: they differ.
    """
    if not abs(served - trained) <= AGREEMENT * (1 + trained):
        raise TrainingError(
            f"What was written has loss {served:.3f} where the trained model had {trained:.3f}; "
            f"it was not kept. {remedy}"
        )


def check_changed(before: float, trained: float, served: float) -> None:
    """Compare both with the loss before the training.

    Raises:
        TrainingError: nothing was learned, or nothing of it is served.
    """
    if before in (served, trained):
        raise TrainingError(
            "The training changes nothing; train for more steps or with a higher learning rate."
        )
