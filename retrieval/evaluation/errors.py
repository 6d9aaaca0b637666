"""Errors of evaluating.

RetrievalError
└── InvalidQuestionsError    labelled questions that cannot be read or measured
"""

from __future__ import annotations

from retrieval.errors import RetrievalError


class InvalidQuestionsError(RetrievalError):
    """Labelled questions that cannot be read or measured."""
