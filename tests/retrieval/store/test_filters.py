"""Filters against plain Python over all files, and the same files found by a search."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.hashing_embedder import HashingEmbedder
from retrieval.store.errors import InvalidFilterError
from retrieval.store.filters import parse_filter
from retrieval.store.limits import Limits
from retrieval.store.records import NewChunk, NewFile
from retrieval.store.store import Store

KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.one_of(
    st.sampled_from(["", "x", "xy", "é", "1", "true", "\U0001f600", "\uffff"]),
    st.sampled_from([0, 1, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]),
    st.sampled_from([0.0, 1.0, -0.5, 2.0**53, 2.0**63, 1e300]),
    st.booleans(),
)
COMPARISONS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), "key": KEYS, "value": VALUES}
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["in", "nin"]), "key": KEYS, "value": st.lists(VALUES, max_size=3)}
    ),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda parts: st.fixed_dictionaries(
        {"type": st.sampled_from(["and", "or"]), "filters": st.lists(parts, min_size=1, max_size=3)}
    ),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(KEYS, VALUES, max_size=3)
ORDER = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def kind(value: Any) -> str:
    return "truth" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def passes(attributes: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """What a filter means, said once more."""
    if wanted["type"] in ("and", "or"):
        each = [passes(attributes, part) for part in wanted["filters"]]
        return all(each) if wanted["type"] == "and" else any(each)
    have, value = attributes.get(wanted["key"]), wanted["value"]
    equal = [
        have is not None and kind(have) == kind(one) and have == one
        for one in (value if isinstance(value, list) else [value])
    ]
    if wanted["type"] in ("eq", "in"):
        return any(equal)
    if wanted["type"] in ("ne", "nin"):
        return not any(equal)
    if have is None or kind(have) != kind(value) or kind(have) == "truth":
        return False
    return bool(ORDER[wanted["type"]](have, value))


def new_file(number: int, attributes: dict[str, Any]) -> NewFile:
    text = f"common word{number}"
    return NewFile(str(number), "name", text, [NewChunk(0, len(text))], attributes=attributes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("filters")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=st.lists(ATTRIBUTES, min_size=1, max_size=8), filters=st.lists(FILTERS, min_size=1, max_size=6))
def test_searches_find_what_passes_and_nothing_else(
    folder: Path, files: list[dict], filters: list[dict]
) -> None:
    with Store.create(folder, HashingEmbedder(16), Limits(tail=4, flat=6, scan=2)) as store:
        store.delete([file.id for file in store.files()])
        store.put([new_file(number, attributes) for number, attributes in enumerate(files)])
        for wanted in filters:
            expected = {str(number) for number, attributes in enumerate(files) if passes(attributes, wanted)}
            for mode in ("dense", "lexical", "hybrid"):
                found = store.search("common", 50, mode=mode, filters=parse_filter(wanted))
                assert {one.file_id for one in found} == expected
                assert len(found) == len(expected)


def test_a_shared_text_is_shown_only_for_the_files_that_pass(store, make_file) -> None:
    store.put([make_file(str(i), "boilerplate", attributes={"n": i}) for i in range(5)])
    found = store.search("boilerplate", filters=parse_filter({"type": "eq", "key": "n", "value": 3}))
    assert [one.file_id for one in found] == ["3"]


def test_true_is_not_one(store, make_file) -> None:
    store.put([make_file("a", "text", attributes={"n": True}), make_file("b", "text", attributes={"n": 1})])
    for value, id in ((True, "a"), (1, "b"), (1.0, "b")):
        found = store.search("text", filters=parse_filter({"type": "eq", "key": "n", "value": value}))
        assert [one.file_id for one in found] == [id]


def test_follows_changed_attributes(store, make_file) -> None:
    store.put([make_file("a", "text", attributes={"n": 1})])
    wanted = parse_filter({"type": "gt", "key": "n", "value": 1})
    assert store.search("text", filters=wanted) == []
    assert store.set_attributes("a", {"n": 2.5}).attributes == {"n": 2.5}
    assert [found.attributes for found in store.search("text", filters=wanted)] == [{"n": 2.5}]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "like", "key": "a", "value": 1}, "type is one of"),
        ({"key": "a"}, "type is one of"),
        ({"type": "eq", "value": 1}, "needs a key"),
        ({"type": "eq", "key": "\ud800", "value": 1}, "needs a key"),
        ({"type": "eq", "key": "a", "value": None}, "takes text"),
        ({"type": "eq", "key": "a", "value": float("inf")}, "takes text"),
        ({"type": "in", "key": "a", "value": "abc"}, "list of values"),
        ({"type": "and", "filters": []}, "at least one"),
        ({"type": "or", "filters": ["x"]}, "type is one of"),
    ],
)
def test_says_what_is_wrong_with_a_filter(given: dict, words: str) -> None:
    with pytest.raises(InvalidFilterError, match=words):
        parse_filter(given)


def test_refuses_filters_without_end() -> None:
    wanted: dict[str, Any] = {"type": "eq", "key": "a", "value": 1}
    for _ in range(100):
        wanted = {"type": "and", "filters": [wanted]}
    with pytest.raises(InvalidFilterError, match="deep"):
        parse_filter(wanted)
