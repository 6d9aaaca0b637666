"""Vectors of inputs as clients of an embedding model send them: nothing is cut off in silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from retrieval.embedder import Embedder, Vectors
from retrieval.errors import EmbeddingInputError

Inputs = Sequence[str] | Sequence[Sequence[int]]
T = TypeVar("T")
MOST_TOKENS = 300_000
"""Of all inputs together, as with OpenAI."""
_TURN = 16


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
        return _in_turns(embedder.embed, texts), sum(lengths)
    if not isinstance(embedder, TokenReader):
        raise EmbeddingInputError(f"The model {embedder.name!r} takes no tokens; send texts.")
    tokens = [one for one in inputs if not isinstance(one, str)]
    lengths = [len(one) for one in tokens]
    _check_lengths(embedder, lengths)
    for place, one in enumerate(tokens):
        _check_tokens(embedder, place, one)
    return _in_turns(embedder.embed_tokens, tokens), sum(lengths)


def _in_turns(embed: Callable[[Sequence[T]], Vectors], inputs: Sequence[T]) -> Vectors:
    """A part at a time, so that the questions of searches come in between."""
    return np.concatenate([embed(inputs[at : at + _TURN]) for at in range(0, len(inputs), _TURN)])


def _check_lengths(embedder: Embedder, lengths: Sequence[int]) -> None:
    if sum(lengths) > MOST_TOKENS:
        raise EmbeddingInputError(
            f"The texts have {sum(lengths):,} tokens, and {MOST_TOKENS:,} are the most; send fewer at once."
        )
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
