"""Probable answers out of scores; pure arithmetic, knows no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from retrieval.reader.pieces import Scores, Window, sentence_numbers

MOST_SPAN_PIECES = 40
_DASHES = "-/\u2013\u2014"
_NO_START = f",.;:!?)]}}'\u2019{_DASHES}"
_NO_END = f",.;:!?([{{{_DASHES}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of a passage with the logarithm of its odds against `no answer`.

    Odds are divided by the passage's rank in the search.
    """

    passage: int
    start: int
    end: int
    log_odds: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What turns log odds into probabilities; the recipe fits it."""

    temperature: float
    """Divides log odds."""
    nothing: float
    """Log odds of `no answer` after that: many improbable spans shall not outweigh it."""


def candidates(passage: int, text: str, window: Window, scores: Scores, keep: int = 30) -> list[Candidate]:
    """The likeliest spans of one window: whole words of one sentence."""
    starts, ends = _edges(text, window)
    inside = scores[window.first : window.first + len(window.places)]
    nothing = scores[0, 0] + scores[0, 1]
    first = np.argsort(-(inside[:, 0] + np.where(starts, 0, -np.inf)), kind="stable")[:keep]
    sentences = sentence_numbers(text, window.places)
    found = []
    for i in first[starts[first]]:
        stop = min(len(inside), int(i) + MOST_SPAN_PIECES)
        for j in range(int(i), stop):
            if sentences[j] != sentences[i]:
                break
            if ends[j]:
                odds = float(inside[i, 0] + inside[j, 1] - nothing) - log1p(passage)
                found.append(Candidate(passage, window.places[i][0], window.places[j][1], odds))
    return sorted(found, key=lambda c: -c.log_odds)[:keep]


def probabilities(found: Sequence[Candidate], fit: Fit) -> list[tuple[Candidate, float]]:
    """Each stretch once with its probability, most probable first.

    What the probabilities lack to 1 is the probability that there is no answer.
    """
    best: dict[tuple[int, int, int], Candidate] = {}
    for one in found:
        key = one.passage, one.start, one.end
        if key not in best or best[key].log_odds < one.log_odds:
            best[key] = one
    left = sorted(best.values(), key=lambda c: -c.log_odds)
    logits = np.array([fit.nothing, *(c.log_odds / fit.temperature for c in left)])
    masses = np.exp(logits - logits.max())
    return list(zip(left, (masses[1:] / masses.sum()).tolist(), strict=True))


def share(found: Sequence[Candidate], fit: Fit) -> list[tuple[Candidate, float]]:
    """The best of each group of overlapping candidates, best first, with the group's probability."""
    rest = probabilities(found, fit)
    told = []
    while rest:
        chief = rest[0][0]
        told.append((chief, sum(p for c, p in rest if _overlap(c, chief))))
        rest = [(c, p) for c, p in rest if not _overlap(c, chief)]
    return told


def _overlap(a: Candidate, b: Candidate) -> bool:
    return a.passage == b.passage and a.start < b.end and b.start < a.end


def _edges(text: str, window: Window) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pieces may start and end an answer: whole words, no closing or opening marks."""
    starts = np.array(window.begins, dtype=bool)
    ends = np.append(starts[1:], True)
    for i, (a, b) in enumerate(window.places):
        piece = text[a:b]
        starts[i] &= piece not in _NO_START
        ends[i] &= piece not in _NO_END
    return starts, ends
