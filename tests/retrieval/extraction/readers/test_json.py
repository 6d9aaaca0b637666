import json

import pytest

from retrieval.extraction import extract
from retrieval.extraction.errors import BrokenFileError, NoTextError


def read(value: object) -> str:
    return extract("a.json", json.dumps(value).encode()).text


def test_values_stand_behind_their_path() -> None:
    value = {"name": "Ada", "home": {"city": "London", "floors": [1, 2]}, "alive": False, "note": None}
    assert read(value) == "name: Ada\nhome.city: London\nhome.floors: 1, 2\nalive: false"


def test_records_are_apart() -> None:
    assert read([{"q": "one"}, {"q": "two"}]) == "q: one\n\nq: two"


def test_lists_of_records_inside_a_record() -> None:
    assert read({"people": [{"n": "Ada"}, {"n": "Bob"}]}) == "people.n: Ada\npeople.n: Bob"


def test_numbers_stay_as_they_are_written() -> None:
    found = extract("a.json", b'{"price": 1.50, "long": 123456789012345678901234567890, "e": 1E400}')
    assert found.text == "price: 1.50\nlong: 123456789012345678901234567890\ne: 1E400"


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson"])
def test_lines_and_whole_values_are_read_under_either_name(name: str) -> None:
    assert extract(name, b'{"q": 1}\n\n{"q": 2}\n').text == "q: 1\n\nq: 2"
    assert extract(name, b'[{"q": 1},\n {"q": 2}]').text == "q: 1\n\nq: 2"


def test_line_separators_inside_strings_are_no_line_ends() -> None:
    assert "q: one" in extract("a.jsonl", '{"q": "one\u2028two"}\n{"q": "three"}\n'.encode()).text


@pytest.mark.parametrize(
    ("data", "line"), [(b'{"q": 1}\n{"q": }\n', 2), (b'{\n"q": 1,\n"r" 2}', 3), (b"plain words", 1)]
)
def test_broken_json_names_the_line(data: bytes, line: int) -> None:
    with pytest.raises(BrokenFileError, match=f"Line {line} is not valid JSON"):
        extract("a.json", data)


def test_lone_surrogates_become_text_that_can_be_stored() -> None:
    assert extract("a.json", b'["\\ud800 plum"]').text == "\ufffd plum"


@pytest.mark.parametrize("data", [b"{}", b"[]", b"null", b'[{"a": ""}]'])
def test_json_without_words_has_no_text(data: bytes) -> None:
    with pytest.raises(NoTextError):
        extract("a.json", data)


def test_nesting_beyond_reason_is_broken() -> None:
    with pytest.raises(BrokenFileError):
        extract("a.json", b"[" * 100_000)
