"""Errors of this floor.

GenerationError
├── UnknownModelError       no such name in the catalog
├── ModelUnavailableError   known, but cannot be loaded or reached
├── ContextTooLongError     prompt and answer do not fit the context window
├── TemplateError           the chat template cannot say this conversation
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


class TemplateError(GenerationError):
    """The model's chat template cannot say this conversation, or not in a way that can be learned."""


class AdapterMismatchError(GenerationError):
    """The adapter was made for another base model or another prompt form."""
