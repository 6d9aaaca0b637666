from hypothesis import given
from hypothesis import strategies as st

from retrieval.search import Ranking, blend


def rankings(least: float) -> st.SearchStrategy[Ranking]:
    return st.dictionaries(st.integers(0, 30), st.floats(least, 1), max_size=20).map(
        lambda scores: sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    )


def numbers(ranking: Ranking) -> list[int]:
    return [number for number, _ in ranking]


@given(rankings(-1), rankings(0), st.floats(0, 1))
def test_a_blend_holds_all_sorted_between_0_and_1(dense: Ranking, lexical: Ranking, weight: float) -> None:
    blended = blend(dense, lexical, weight)
    assert set(numbers(blended)) == set(numbers(dense)) | set(numbers(lexical))
    assert blended == sorted(blended, key=lambda item: (-item[1], item[0]))
    assert all(0 <= score <= 1 + 1e-9 for _, score in blended)


@given(rankings(0))
def test_what_is_best_in_both_stays_best(ranking: Ranking) -> None:
    # Scores that differ by less are the same once they are weighted.
    best = {n for n, score in ranking if ranking[0][1] - score < 1e-9}
    assert set(numbers(blend(ranking, ranking))[:1]) <= best


def test_scores_are_weighted_sums_and_strangers_are_as_near_as_the_last() -> None:
    blended = blend([(1, 0.9), (2, 0.5), (3, 0.1)], [(3, 0.9), (2, 0.5), (4, 0.4)], 0.6)
    assert numbers(blended) == [3, 2, 1, 4]
    assert [round(score, 6) for _, score in blended] == [0.58, 0.5, 0.36, 0.28]
    assert blend([(1, -0.5)], [], 0.6) == [(1, 0.0)]


def test_without_one_ranking_the_other_decides() -> None:
    found = [(5, 0.3), (2, 0.2), (9, 0.1)]
    assert numbers(blend(found, [])) == numbers(blend([], found)) == [5, 2, 9]


def test_one_thing_alone_keeps_its_score() -> None:
    assert blend([], [(4, 0.5)], 0.6) == [(4, 0.3)]
