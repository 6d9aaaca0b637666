"""Labels that the most similar rows do not share, as a sign of mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from finetune.data.findings import Finding, found, rows, short
from finetune.data.labels import labels_of
from finetune.data.rows import Row

NEIGHBOURS = 10
MARGIN = 0.5
"""How much more of the neighbours' votes another label has, from which a row is suspected."""
LEAST_AGREEMENT = 0.25
"""Cohen's kappa of labels and neighbours' votes below which similar rows say nothing about labels."""
LEAST_ROWS, MOST_ROWS = 30, 5_000
FEATURES = 50_000
READ = 4_000
"""Characters of a text that are looked at."""


def check_noise(data: Sequence[Row]) -> Iterator[Finding]:
    """Rows whose nearest neighbours nearly all have one other label.

    Votes by squared cosine of character n-grams (TF-IDF), after Wilson 1972, "Asymptotic properties
    of nearest neighbor rules using edited data". Of more than MOST_ROWS rows, a sample by content is
    looked at.
    """
    labels = labels_of(data)
    if labels is None or len(data) < LEAST_ROWS or not 1 < len(set(labels)) <= len(data) // 2:
        return
    chosen = _sample(data)
    suspected = _outvoted([data[i].asked for i in chosen], [labels[i] for i in chosen])
    if suspected:
        lines = {data[chosen[i]].line: better for i, better in suspected.items()}
        line, better = next(iter(lines.items()))
        note = f" of {MOST_ROWS:,} that were looked at" if len(chosen) < len(data) else ""
        told = f"Similar rows have another label: {rows(lines)}{note}; line {line} may be {short(better)}."
        yield found("suspected_noise", told, lines)


def _sample(data: Sequence[Row]) -> list[int]:
    everything = range(len(data))
    if len(data) <= MOST_ROWS:
        return list(everything)
    return sorted(everything, key=lambda i: sha256(data[i].given.encode()).digest())[:MOST_ROWS]


def _outvoted(texts: Sequence[str], labels: Sequence[str]) -> dict[int, str]:
    """The rows that are suspected, each with the label that its neighbours have."""
    from sklearn.metrics import cohen_kappa_score

    names = sorted(set(labels))
    number = {name: i for i, name in enumerate(names)}
    own = np.array([number[label] for label in labels])
    votes = _votes(texts, own, len(names))
    if votes is None:
        return {}
    best = votes.argmax(axis=1)
    if not cohen_kappa_score(own, best) >= LEAST_AGREEMENT:
        return {}
    outvoted = votes.max(axis=1) - votes[np.arange(len(texts)), own] >= MARGIN
    return {int(i): names[best[i]] for i in np.flatnonzero(outvoted)}


def _votes(texts: Sequence[str], own: NDArray[np.int64], labels: int) -> NDArray[np.float64] | None:
    """Shares of each row's neighbours by label; None where the texts hold nothing to compare."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    grams = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 5), max_features=FEATURES)
    try:
        vectors = grams.fit_transform(text[:READ] for text in texts)
    except ValueError:
        return None
    count = min(NEIGHBOURS, len(texts) - 1)
    distances, neighbours = NearestNeighbors(n_neighbors=count, metric="cosine").fit(vectors).kneighbors()
    votes: NDArray[np.float64] = np.zeros((len(texts), labels))
    for far, near in zip(distances.T, neighbours.T, strict=True):
        np.add.at(votes, (np.arange(len(texts)), own[near]), np.maximum(1 - far, 1e-9) ** 2)
    votes /= votes.sum(axis=1, keepdims=True)
    return votes
