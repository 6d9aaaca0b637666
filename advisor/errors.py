"""Errors of this floor.

AdvisorError
├── UseCaseError      the use case cannot be measured; names the field and the remedy
└── Cancelled         asked to stop; what was measured is kept
"""


class AdvisorError(Exception):
    """Base of all errors that the adviser raises on purpose."""


class UseCaseError(AdvisorError):
    """The use case cannot be measured; `field` names where, the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Cancelled(AdvisorError):  # noqa: N818 - an outcome, not a fault
    """Asked to stop; what was measured is kept."""
