"""Errors of answering.

RetrievalError
└── NoReaderError    nobody is there who could read the passages
"""

from __future__ import annotations

from retrieval.errors import RetrievalError


class NoReaderError(RetrievalError):
    """Nobody is there who could read the passages."""
