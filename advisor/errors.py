"""Errors of this floor.

AdvisorError
├── UseCaseError      the use case cannot be measured; names the field and the remedy
├── DoesNotApply      a method cannot apply, which shows only with the model at hand
└── Cancelled         asked to stop; what was measured is kept
"""

ON_REQUEST = "on request"
"""Why measuring was stopped, where somebody asked for it."""


class AdvisorError(Exception):
    """Base of all errors that the adviser raises on purpose."""


class UseCaseError(AdvisorError):
    """The use case cannot be measured; `field` names where, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class DoesNotApply(AdvisorError):  # noqa: N818 - an outcome, not a fault
    """A method cannot apply, which shows only with the model at hand; the message is the reason."""


class Cancelled(AdvisorError):  # noqa: N818 - an outcome, not a fault
    """Asked to stop; what was measured is kept."""
