import pytest

from retrieval.lexical import LexicalIndex

TEXTS = ["The cat sat on the mat.", "A dog barked at a cat.", "Rivers flow to the sea.", "", "RIVERS rise."]


def test_finds_texts_that_share_words_best_first() -> None:
    [ranking] = LexicalIndex(TEXTS).search(["Which dog saw the cat?"], 5)
    assert ranking[0][0] == 1
    assert [score for _, score in ranking] == sorted((s for _, s in ranking), reverse=True)


def test_case_does_not_matter() -> None:
    [ranking] = LexicalIndex(TEXTS).search(["rivers"], 5)
    assert {number for number, _ in ranking} == {2, 4}


def test_at_most_k() -> None:
    assert [len(r) for r in LexicalIndex(TEXTS).search(["cat", "the cat rivers"], 1)] == [1, 1]


@pytest.mark.parametrize("question", ["", "?!", "zebra"])
def test_no_shared_word_no_text(question: str) -> None:
    assert LexicalIndex(TEXTS).search([question], 5) == [[]]


def test_texts_without_words() -> None:
    assert LexicalIndex(["", "?!"]).search(["anything"], 5) == [[]]


def test_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    LexicalIndex(TEXTS * 50).search(["cat"] * 50, 5)
    assert capfd.readouterr() == ("", "")
