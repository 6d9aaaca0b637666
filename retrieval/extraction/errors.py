"""Why a file gives no text.

ExtractionError
├── UnknownFormatError        unsupported_file   neither text nor a format that is read here
├── EncryptedFileError        unsupported_file   a password or a key is needed
├── NoTextError               unsupported_file   a scan, pictures, an empty presentation
├── EmptyFileError            invalid_file       no bytes, or white space alone
├── BrokenFileError           invalid_file       not what its format or its name promises
├── TooLargeError             invalid_file       more bytes, characters, pages or rows than allowed
└── ExtractionStoppedError    server_error       out of time or memory, or the parser crashed
"""

from __future__ import annotations

from typing import ClassVar, Literal

from retrieval.errors import RetrievalError

Code = Literal["server_error", "unsupported_file", "invalid_file"]
"""What `last_error.code` of a vector store's file may say."""


class ExtractionError(RetrievalError):
    """Base of all reasons why a file gives no text; the message ends with the remedy."""

    code: ClassVar[Code]


class UnknownFormatError(ExtractionError):
    """Neither text nor a format that is read here."""

    code = "unsupported_file"


class EncryptedFileError(ExtractionError):
    """A password or a key is needed."""

    code = "unsupported_file"


class NoTextError(ExtractionError):
    """A sound file in which no text stands."""

    code = "unsupported_file"


class EmptyFileError(ExtractionError):
    """No bytes, or white space alone."""

    code = "invalid_file"


class BrokenFileError(ExtractionError):
    """Not what its format or its name promises."""

    code = "invalid_file"


class TooLargeError(ExtractionError):
    """More bytes, characters, pages or rows than allowed."""

    code = "invalid_file"


class ExtractionStoppedError(ExtractionError):
    """Out of time or memory, or the parser crashed."""

    code = "server_error"


ERRORS: dict[str, type[ExtractionError]] = {
    error.__name__: error for error in ExtractionError.__subclasses__()
}
"""By name, as they cross from the child process."""
