from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.search import LEXICAL_WEIGHT
from retrieval.store.errors import TooFewLabelsError
from retrieval.store.fusion import Judged, fit_weight, ndcg, reciprocal_ranks, strongest
from retrieval.store.store import Store


def test_first_everywhere_is_one_in_rank_fusion() -> None:
    fused = reciprocal_ranks([[(1, 9.0), (2, 5.0)], [(1, 0.3), (3, 0.2)]])
    assert fused[0] == (1, 1.0)
    assert [number for number, _ in fused] == [1, 2, 3]
    assert fused[1][1] == pytest.approx(61 / 62 / 2)


def test_the_strongest_score_counts() -> None:
    assert strongest([[(1, 0.4), (2, 0.3)], [(2, 0.9)]]) == [(2, 0.9), (1, 0.4)]


def test_ndcg_of_known_rankings() -> None:
    assert ndcg(["a", "b"], frozenset("a")) == 1
    assert ndcg(["b", "a"], frozenset("a")) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["b"], frozenset("a")) == 0


def judged(right: str) -> list[Judged]:
    """Questions that one of both searches answers, and the other gets wrong."""
    good, bad = [(1, 1.0), (2, 0.5), (3, 0.0)], [(3, 1.0), (2, 0.5), (1, 0.0)]
    owners = {1: frozenset({"yes"}), 2: frozenset({"no"}), 3: frozenset({"wrong"})}
    pair = (good, bad) if right == "dense" else (bad, good)
    return [Judged(*pair, owners, frozenset({"yes"}))] * 20


def test_learns_which_search_to_trust() -> None:
    assert fit_weight(judged("dense")).lexical_weight <= 0.5 < LEXICAL_WEIGHT
    assert fit_weight(judged("dense")).ndcg == 1 > fit_weight(judged("dense")).default_ndcg
    assert fit_weight(judged("lexical")).lexical_weight == LEXICAL_WEIGHT


def test_a_weight_that_loses_on_other_questions_is_not_kept() -> None:
    """Eleven of twenty trust meaning, but so unevenly that each fifth of them tells nothing of the others."""
    right, wrong = [(2, 1.0), (1, 0.0)], [(1, 1.0), (2, 0.0)]
    owners, relevant = {1: frozenset({"wrong"}), 2: frozenset({"yes"})}, frozenset({"yes"})
    dense, lexical = Judged(right, wrong, owners, relevant), Judged(wrong, right, owners, relevant)
    mixed = [dense, dense, dense, lexical, lexical] * 3 + [dense, dense, lexical, lexical, lexical]
    fitted = fit_weight(mixed)
    assert fitted.lexical_weight == LEXICAL_WEIGHT and fitted.ndcg == fitted.default_ndcg < 1


def test_few_labels_teach_nothing() -> None:
    with pytest.raises(TooFewLabelsError, match="20"):
        fit_weight(judged("dense")[:19])


def test_a_store_keeps_what_it_learned(tmp_path: Path, embedder, make_file) -> None:
    labelled = {f"unique{n} lies": frozenset({f"f{n}"}) for n in range(20)}
    with Store.create(tmp_path, embedder) as store:
        store.put([make_file(f"f{n}", f"unique{n} lies in place{n % 7}") for n in range(30)])
        fitted = store.fit(labelled)
        assert (fitted.questions, fitted.ndcg) == (20, 1.0)
    with Store.open(tmp_path, embedder) as store:
        assert store.stats().lexical_weight == fitted.lexical_weight
        with pytest.raises(TooFewLabelsError):
            store.fit({})
