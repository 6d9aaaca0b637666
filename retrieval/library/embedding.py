"""Vectors of inputs as clients of an embedding model send them: nothing is cut off in silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from retrieval.embedder import Embedder, Vectors
from retrieval.errors import EmbeddingInputError

Inputs = Sequence[str] | Sequence[Sequence[int]]


@runtime_checkable
class TokenReader(Protocol):
    """An embedder that tells how much it reads, and also reads tokens."""

    @property
    def longest(self) -> int:
        """Tokens of a text that it reads to the end."""
        ...

    @property
    def vocabulary(self) -> int:
        """Tokens are numbers below this one."""
        ...

    def embed_tokens(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """Vectors of texts whose tokens are given."""
        ...


def embed_inputs(embedder: Embedder, inputs: Inputs) -> tuple[Vectors, int]:
    """Vectors of texts or of lists of tokens, and the number of tokens in all of them.

    Raises:
        EmbeddingInputError: the model does not read one of them to its end, or not at all.
    """
    texts = [one for one in inputs if isinstance(one, str)]
    if len(texts) == len(inputs):
        lengths = [len(spans) for spans in embedder.token_spans(texts)]
        _check_lengths(embedder, lengths)
        return embedder.embed(texts), sum(lengths)
    tokens = [one for one in inputs if not isinstance(one, str)]
    if not isinstance(embedder, TokenReader):
        raise EmbeddingInputError(f"The model {embedder.name!r} takes no tokens; send texts.")
    _check_lengths(embedder, [len(one) for one in tokens])
    for place, one in enumerate(tokens):
        _check_tokens(embedder, place, one)
    return embedder.embed_tokens(tokens), sum(len(one) for one in tokens)


def _check_lengths(embedder: Embedder, lengths: Sequence[int]) -> None:
    if not isinstance(embedder, TokenReader):
        return
    for place, length in enumerate(lengths):
        if length > embedder.longest:
            raise EmbeddingInputError(
                f"Text {place} has {length} tokens, and {embedder.name!r} reads {embedder.longest}; "
                "cut it into shorter ones."
            )


def _check_tokens(embedder: TokenReader, place: int, tokens: Sequence[object]) -> None:
    for token in tokens:
        if not isinstance(token, int) or not 0 <= token < embedder.vocabulary:
            raise EmbeddingInputError(
                f"Text {place} holds {token!r}, which is no token of this model; tokens of another "
                "tokenizer mean nothing to it, so better send texts."
            )
