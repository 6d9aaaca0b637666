"""Errors of this floor.

RetrievalError
├── EmptyCorpusError          there is no text to search in
├── DuplicateDocumentError    two documents have one id
├── ChunkingStrategyError     a size or an overlap that cannot be
├── EmbeddingInputError       a text that the embedder does not read to its end, or tokens that are none
├── VectorShapeError          vectors that do not fit the store
├── CorpusUnfinishedError     a folder without a finished corpus
├── NoRerankerError           texts shall be re-ranked and there is no model for it
├── RerankerUnusableError     a folder without a model that re-ranks
├── EmbedderUnusableError     a folder without a model that embeds
├── EmbedderMismatchError     a saved corpus whose vectors another embedder made
└── StoreError                what a store refuses or suffers; drawn in retrieval/store/errors.py
"""


class RetrievalError(Exception):
    """Base of all errors that retrieval raises on purpose."""


class EmptyCorpusError(RetrievalError):
    """There is no text to search in."""


class DuplicateDocumentError(RetrievalError):
    """Two documents have one id."""


class ChunkingStrategyError(RetrievalError):
    """A size or an overlap of chunks is out of bounds."""


class EmbeddingInputError(RetrievalError):
    """A text that the embedder does not read to its end, or tokens that are none."""


class VectorShapeError(RetrievalError):
    """Vectors that do not fit the store."""


class CorpusUnfinishedError(RetrievalError):
    """The folder holds no finished corpus."""


class NoRerankerError(RetrievalError):
    """There is no re-ranker."""


class RerankerUnusableError(RetrievalError):
    """A folder holds no model that re-ranks."""


class EmbedderUnusableError(RetrievalError):
    """A folder holds no model that embeds."""


class EmbedderMismatchError(RetrievalError):
    """Another embedder made the vectors of a saved corpus."""
