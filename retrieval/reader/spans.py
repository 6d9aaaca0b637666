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


def share(found: Sequence[Candidate], temperature: float) -> list[tuple[Candidate, float]]:
    """The best of each group of overlapping candidates with the group's probability, most probable first.

    What the probabilities lack to 1 is the probability that there is no answer.
    """
    best: dict[tuple[int, int, int], Candidate] = {}
    for one in found:
        key = one.passage, one.start, one.end
        if key not in best or best[key].log_odds < one.log_odds:
            best[key] = one
    left = sorted(best.values(), key=lambda c: -c.log_odds)
    if not left:
        return []
    highest = max(0.0, left[0].log_odds / temperature)
    masses = [float(np.exp(c.log_odds / temperature - highest)) for c in left]
    whole = sum(masses) + float(np.exp(-highest))
    rest = list(zip(left, masses, strict=True))
    told = []
    while rest:
        chief = rest[0][0]
        mass = sum(m for c, m in rest if _overlap(c, chief))
        rest = [(c, m) for c, m in rest if not _overlap(c, chief)]
        told.append((chief, mass / whole))
    return sorted(told, key=lambda pair: -pair[1])


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
