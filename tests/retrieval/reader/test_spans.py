"""Arithmetic of spans: whole words of one sentence, groups of overlapping ones, probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.reader.pieces import windows
from retrieval.reader.spans import Candidate, Fit, candidates, share

TEXT = "Dr. Ana Brandt (born 1931) lives in Upper-Marlow. Her dog is called Timothy."
PLAIN = Fit(temperature=1.0, nothing=0.0)
QUESTION = "Where does Ana Brandt live?"


def scored(answer: str, text: str = TEXT, strength: float = 8.0, rank: int = 0) -> list[Candidate]:
    """Candidates of a network that is sure of the answer's first and last piece."""
    ((window,),) = windows(QUESTION, [text])
    start = text.index(answer)
    scores = np.zeros((len(window.ids), 2), dtype=np.float32)
    for i, (a, b) in enumerate(window.places):
        scores[window.first + i] = (strength * (a == start), strength * (b == start + len(answer)))
    return candidates(rank, text, window, scores)


@pytest.mark.parametrize("answer", ["Ana Brandt", "1931", "Upper-Marlow", "Timothy", "Dr. Ana Brandt"])
def test_the_stretch_that_scores_best_comes_first(answer: str) -> None:
    found = scored(answer)
    assert TEXT[found[0].start : found[0].end] == answer


@pytest.mark.parametrize("answer", ["Upper-Marlow. Her", "imothy", "Marlow. ", "Brandt ("])
def test_what_is_no_answer_is_never_proposed(answer: str) -> None:
    found = scored(answer)
    assert answer not in {TEXT[c.start : c.end] for c in found}


def test_every_candidate_is_made_of_whole_words() -> None:
    found = scored("Timothy", strength=0.1)
    for one in found:
        assert not (TEXT[one.start - 1 : one.start].isalnum() and TEXT[one.start].isalnum())
        assert not (TEXT[one.end : one.end + 1].isalnum() and TEXT[one.end - 1].isalnum())


def test_overlapping_candidates_are_one_answer_and_probabilities_leave_room_for_none() -> None:
    found = [
        Candidate(0, 0, 5, 2.0),
        Candidate(0, 2, 8, 1.0),
        Candidate(0, 9, 12, 0.0),
        Candidate(1, 0, 5, -1.0),
    ]
    told = share(found, PLAIN)
    whole = np.exp([2.0, 1.0, 0.0, -1.0]).sum() + 1
    assert [(c.passage, c.start) for c, _ in told] == [(0, 0), (0, 9), (1, 0)]
    assert [p for _, p in told] == pytest.approx(np.array([np.exp(2) + np.exp(1), 1, np.exp(-1)]) / whole)


def test_a_span_that_two_windows_see_counts_once() -> None:
    told = share([Candidate(0, 0, 5, 2.0), Candidate(0, 0, 5, 1.0)], PLAIN)
    assert [p for _, p in told] == pytest.approx([np.exp(2) / (np.exp(2) + 1)])


def test_odds_of_any_size_are_shared() -> None:
    huge = share(
        [Candidate(0, 0, 1, 5_000.0), Candidate(0, 3, 4, -5_000.0)], Fit(temperature=0.5, nothing=0.0)
    )
    assert [p for _, p in huge] == pytest.approx([1.0, 0.0])
    assert share([], PLAIN) == []


def test_the_odds_of_a_passage_fall_with_its_rank() -> None:
    best = scored("Timothy", rank=0)[0].log_odds
    assert scored("Timothy", rank=3)[0].log_odds == pytest.approx(best - np.log(4))


def test_many_improbable_spans_outweigh_no_answer_only_as_far_as_was_fitted() -> None:
    weak = [Candidate(0, start, start + 1, -2.0) for start in range(20)]
    told = [sum(p for _, p in share(weak, Fit(1.0, nothing))) for nothing in (0.0, 3.0)]
    assert told[0] > 0.5 > told[1]
