"""Errors of this floor.

GenerationError
├── UnknownModelError       no such name in the catalog
├── ModelUnavailableError   known, but cannot be loaded or reached
├── ContextTooLongError     prompt and answer do not fit the context window
└── AdapterMismatchError    an adapter made for another base or another prompt form
"""


class GenerationError(Exception):
    """Base of all errors that generation raises on purpose."""


class UnknownModelError(GenerationError):
    """No model of that name is in the catalog."""


class ModelUnavailableError(GenerationError):
    """The model is known, but cannot be loaded or reached."""


class ContextTooLongError(GenerationError):
    """Prompt and answer do not fit the model's context window."""


class AdapterMismatchError(GenerationError):
    """The adapter was made for another base model or another prompt form."""
