"""Errors of the store.

RetrievalError
└── StoreError
    ├── StoreMissingError        a folder without a store
    ├── StoreDamagedError        a truth that is not what was written
    ├── StoreBusyError           other writers took too long
    ├── StoreFullError           the disk did not take a write
    ├── UnknownFileError         no file of that id
    ├── InvalidFileError         a file whose spans or attributes cannot be stored
    ├── InvalidFilterError       a filter that is none
    └── TooFewLabelsError        not enough labelled questions to learn from
"""

from __future__ import annotations

from retrieval.errors import RetrievalError


class StoreError(RetrievalError):
    """Base of all errors that the store raises on purpose."""


class StoreMissingError(StoreError):
    """The folder holds no store."""


class StoreDamagedError(StoreError):
    """What cannot be rebuilt is not what was written."""


class StoreBusyError(StoreError):
    """Other writers held the store for too long."""


class StoreFullError(StoreError):
    """The disk did not take a write; the store is as it was before."""


class UnknownFileError(StoreError):
    """The store has no file of that id."""


class InvalidFileError(StoreError):
    """A file whose spans or attributes cannot be stored."""


class InvalidFilterError(StoreError):
    """A filter that the store does not understand."""


class TooFewLabelsError(StoreError):
    """Not enough labelled questions to learn from."""
