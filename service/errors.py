"""Errors of this floor, and the one table that turns every error into an HTTP answer.

ServiceError
├── InvalidRequest        a field is wrong; `param` names it
├── InvalidTrainingFile   rows that cannot be learned from
├── InvalidValidationFile rows that cannot be measured on
├── InvalidKey            no API key, or a wrong one
├── ForbiddenOrigin       a web page of another site asks a server without keys
├── NotFound              no such resource
├── NotReady              the resource is not in the state that this needs
├── KeyReused             an Idempotency-Key that came with another body before
├── TooLarge              the body is over the limit
├── TooBusy               too many requests wait
├── DiskFull              the disk did not take an upload
├── Unavailable           a part of the server is starting or down; try again
└── JobCrashed            the process of a job died
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.errors import AdvisorError, UseCaseError
from finetune.errors import (
    CheckpointError,
    DataMustStay,
    DatasetError,
    Diverged,
    ExportError,
    FinetuneError,
    RecipeError,
)
from generation.errors import (
    AdapterMismatchError,
    ContextTooLongError,
    GenerationError,
    ModelUnavailableError,
    UnknownModelError,
)
from retrieval.answers.errors import NoReaderError
from retrieval.errors import EmbeddingInputError, NoRerankerError, RetrievalError
from retrieval.evaluation.errors import InvalidQuestionsError
from retrieval.store.errors import InvalidFilterError, StoreBusyError, UnknownFileError


class ServiceError(Exception):
    """Base of all errors that the service raises on purpose."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class InvalidRequest(ServiceError):  # noqa: N818 - named after what the client sees
    """A field is wrong."""


class InvalidTrainingFile(ServiceError):  # noqa: N818
    """Rows that cannot be learned from."""


class InvalidValidationFile(ServiceError):  # noqa: N818
    """Rows that cannot be measured on."""


class InvalidKey(ServiceError):  # noqa: N818
    """No API key, or a wrong one."""


class ForbiddenOrigin(ServiceError):  # noqa: N818
    """A web page of another site asks a server without keys."""


class NotFound(ServiceError):  # noqa: N818
    """No such resource."""


class NotReady(ServiceError):  # noqa: N818
    """The resource is not in the state that this needs."""


class KeyReused(ServiceError):  # noqa: N818
    """An Idempotency-Key came with another body before."""


class TooLarge(ServiceError):  # noqa: N818
    """The body is over the limit."""


class TooBusy(ServiceError):  # noqa: N818
    """Too many requests wait."""


class DiskFull(ServiceError):  # noqa: N818
    """The disk did not take an upload."""


class Unavailable(ServiceError):  # noqa: N818
    """A part of the server is starting or down."""


class JobCrashed(ServiceError):  # noqa: N818
    """The process of a job died."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of error is answered."""

    status: int
    type: str
    code: str | None = None
    retry: bool = False
    """Whether the same request may succeed later."""


REQUEST = "invalid_request_error"
RULES: dict[type[Exception], Rule] = {
    InvalidRequest: Rule(400, REQUEST, "invalid_value"),
    InvalidTrainingFile: Rule(400, REQUEST, "invalid_training_file"),
    InvalidValidationFile: Rule(400, REQUEST, "invalid_validation_file"),
    UseCaseError: Rule(400, REQUEST, "invalid_use_case"),
    DatasetError: Rule(400, REQUEST, "invalid_training_file"),
    DataMustStay: Rule(400, REQUEST, "data_must_stay"),
    ExportError: Rule(400, REQUEST, "export_impossible"),
    RecipeError: Rule(400, REQUEST, "invalid_recipe"),
    ContextTooLongError: Rule(400, REQUEST, "context_length_exceeded"),
    AdapterMismatchError: Rule(400, REQUEST, "adapter_mismatch"),
    EmbeddingInputError: Rule(400, REQUEST, "invalid_value"),
    InvalidFilterError: Rule(400, REQUEST, "invalid_filter"),
    InvalidKey: Rule(401, REQUEST, "invalid_api_key"),
    ForbiddenOrigin: Rule(403, REQUEST, "forbidden_origin"),
    NotFound: Rule(404, REQUEST, "not_found"),
    NoReaderError: Rule(400, REQUEST, "no_reader"),
    NoRerankerError: Rule(400, REQUEST, "no_reranker"),
    InvalidQuestionsError: Rule(400, REQUEST, "invalid_questions"),
    UnknownModelError: Rule(404, REQUEST, "model_not_found"),
    UnknownFileError: Rule(404, REQUEST, "not_found"),
    NotReady: Rule(409, REQUEST, "not_ready"),
    KeyReused: Rule(409, REQUEST, "idempotency_key_reused"),
    TooLarge: Rule(413, REQUEST, "body_too_large"),
    TooBusy: Rule(429, "rate_limit_error", "too_many_requests", retry=True),
    ModelUnavailableError: Rule(503, "server_error", "model_unavailable", retry=True),
    Unavailable: Rule(503, "server_error", "unavailable", retry=True),
    StoreBusyError: Rule(503, "server_error", "unavailable", retry=True),
    UnicodeEncodeError: Rule(400, REQUEST, "invalid_unicode"),
    DiskFull: Rule(507, "server_error", "disk_full"),
    JobCrashed: Rule(500, "server_error", "job_crashed"),
    Diverged: Rule(500, "server_error", "loss_diverged"),
    CheckpointError: Rule(500, "server_error", "checkpoint_unusable"),
    FinetuneError: Rule(500, "server_error", "finetune_error"),
    AdvisorError: Rule(500, "server_error", "advisor_error"),
    GenerationError: Rule(500, "server_error", "generation_error"),
    RetrievalError: Rule(500, "server_error", "retrieval_error"),
    Exception: Rule(500, "server_error", "internal_error"),
}
BY_STATUS = {
    400: Rule(400, REQUEST, "invalid_value"),
    404: Rule(404, REQUEST, "not_found"),
    405: Rule(405, REQUEST, "method_not_allowed"),
    413: RULES[TooLarge],
    415: Rule(415, REQUEST, "unsupported_media_type"),
}
"""Rules for errors that the web framework raises by status alone."""


def rule_for(error: Exception) -> Rule:
    """The rule of the nearest class that has one."""
    return next(RULES[cls] for cls in type(error).__mro__ if cls in RULES)
