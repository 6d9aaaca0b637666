from hypothesis import given
from hypothesis import strategies as st

from retrieval.search import Ranking, fuse, fuse_each

rankings = st.lists(
    st.lists(st.integers(0, 30), unique=True).map(lambda ids: [(i, 0.0) for i in ids]), max_size=4
)


def numbers(ranking: Ranking) -> list[int]:
    return [number for number, _ in ranking]


@given(rankings)
def test_fusing_finds_all_and_sorts(found: list[Ranking]) -> None:
    fused = fuse(found)
    assert set(numbers(fused)) == {n for ranking in found for n in numbers(ranking)}
    assert fused == sorted(fused, key=lambda item: (-item[1], item[0]))


@given(st.lists(st.integers(0, 30), unique=True).map(lambda ids: [(i, 1.0) for i in ids]))
def test_one_ranking_keeps_its_order(ranking: Ranking) -> None:
    assert numbers(fuse([ranking])) == numbers(ranking)


def test_scores_are_sums_of_reciprocal_ranks() -> None:
    fused = dict(fuse([[(7, 9.0), (8, 1.0)], [(8, 0.5)]]))
    assert fused == {8: 1 / 62 + 1 / 61, 7: 1 / 61}


def test_what_both_find_comes_first() -> None:
    assert numbers(fuse([[(1, 0.9), (2, 0.8)], [(3, 5.0), (2, 4.0)]])) == [2, 1, 3]


def test_fuses_question_by_question() -> None:
    fused = fuse_each([[(1, 1.0)], []], [[(2, 1.0)], [(3, 1.0)]])
    assert [numbers(ranking) for ranking in fused] == [[1, 2], [3]]
