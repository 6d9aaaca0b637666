"""Errors of reading data.

FinetuneError
└── UnreadableDataError    a file that holds no data set; the message says what to do
"""

from __future__ import annotations

from finetune.errors import FinetuneError


class UnreadableDataError(FinetuneError):
    """A file that holds no data set that can be read."""
