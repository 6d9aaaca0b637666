"""Errors of evaluating.

RetrievalError
├── InvalidQuestionsError    labelled questions that cannot be read or measured
└── EvaluationStopped        somebody asked to stop
"""

from __future__ import annotations

from retrieval.errors import RetrievalError


class InvalidQuestionsError(RetrievalError):
    """Labelled questions that cannot be read or measured."""


class EvaluationStopped(RetrievalError):  # noqa: N818 - an outcome, not a fault
    """Somebody asked to stop."""
