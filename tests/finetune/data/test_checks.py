"""Every code, with the lines that it must name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from finetune.data.checking import check_dataset
from finetune.data.codes import CODES
from finetune.data.dataset import Dataset
from finetune.data.findings import Finding
from finetune.data.tokens import Encoder

Read = Callable[..., Dataset]
# ruff: noqa: SIM905
NAMES = """Abby Benno Cleo Dana Evert Fritz Gusta Hal Ivy Jonas Kim Lars Mia Nat Ole Petra Quint Roy Suey
Tom Uma Victor Wanda Xaver Yanis""".split()
PLACES = ["Oslo", "Paris", "Rome", "Bonn", "Kyiv", "Lima", "Cairo", "Delhi", "Tokyo", "Perth", "Quito"]
CLEAN = [
    {"prompt": f"{name} asks where {place} lies.", "completion": f"{place[:2]}{name}{len(place) * i}"}
    for i, (name, place) in enumerate(zip(NAMES * 3, PLACES * 8, strict=False))
]
THINGS = [
    "stone",
    "hammer",
    "river",
    "cloud",
    "engine",
    "garden",
    "window",
    "bottle",
    "ladder",
    "candle",
    "pillow",
]
LABELLED = [
    {"text": f"{name} {('saw the', 'kept a')[i % 2]} {thing}", "label": "odd" if i % 2 else "even"}
    for i, (name, thing) in enumerate(zip(NAMES * 3, THINGS * 8, strict=False))
]
TAGGED = [
    {"tokens": [name, "went", "to", place], "tags": ["B-PER", "O", "O", "B-LOC"]}
    for name, place in zip(NAMES * 3, PLACES * 8, strict=False)
]


def pair(prompt: str = "Where does Zoe live now?", completion: str = "Far away") -> dict[str, str]:
    return {"prompt": prompt, "completion": completion}


def turns(*said: str) -> dict[str, Any]:
    roles = {"s": "system", "u": "user", "a": "assistant"}
    return {"messages": [{"role": roles[s[0]], "content": s} for s in said]}


CHATS = [turns("u" + row["prompt"], "a" + row["completion"]) for row in CLEAN]
SPAM = [
    {"text": f"win a free prize now {name}", "label": "spam"} for name in NAMES[:20]
] + [{"text": f"see you at lunch tomorrow {name}", "label": "ham"} for name in NAMES[:20]]  # fmt: skip

AFTER = [len(CLEAN) + 1]
"""The line of a row that follows the clean ones."""
CASES: dict[str, tuple[list[Any], list[int]]] = {
    "bad_json": ([*CLEAN, "{oops"], AFTER),
    "not_an_object": ([*CLEAN, "[1, 2]"], AFTER),
    "missing_column": ([*CLEAN, {"prompt": "x"}], AFTER),
    "mixed_layouts": ([*CLEAN, turns("u?", "a!")], AFTER),
    "not_text": ([*CLEAN, {"prompt": "x", "completion": ["y"]}], AFTER),
    "not_a_message": ([*CHATS, {"messages": ["y"]}], AFTER),
    "wrong_role": ([*CHATS, {"messages": [{"role": "robot", "content": "y"}]}], AFTER),
    "tags_do_not_match": ([*TAGGED, {"tokens": ["x"], "tags": []}], AFTER),
    "extra_columns": ([{**row, "url": "x"} for row in CLEAN], []),
    "too_few_rows": (CLEAN[:9], []),
    "few_rows": (CLEAN[:49], []),
    "empty_field": ([*CLEAN, pair("What is it?", " ")], AFTER),
    "no_answer": ([*CHATS, turns("u?")], AFTER),
    "trailing_turns": ([*CHATS, turns("u?", "a!", "uthanks")], AFTER),
    "wrong_order": ([*CHATS, turns("u?", "s", "a!")], AFTER),
    "broken_characters": ([*CLEAN, pair("What\x00 is it?")], AFTER),
    "outer_space": ([*CLEAN, pair(" What is it?")], AFTER),
    "mostly_upper_case": ([*CLEAN, pair("WHAT IS THIS THING?")], AFTER),
    "bad_tags": ([*TAGGED, {"tokens": ["x", "y"], "tags": ["B-PER", "I-LOC"]}], AFTER),
    "no_tags": ([*TAGGED, {"tokens": ["x", "y"], "tags": ["O", "O"]}], AFTER),
    "duplicates": ([*CLEAN, CLEAN[3]], AFTER),
    "near_duplicates": (
        [*CLEAN, *(pair(f"Tell me, where does old Zoe live these day{end}?") for end in ("s", ""))],
        [76, 77],
    ),
    "conflicting_labels": ([*LABELLED, {"text": LABELLED[4]["text"].upper(), "label": "odd"}], [5, *AFTER]),
    "several_answers": ([*CLEAN, pair(CLEAN[6]["prompt"], "Nowhere")], [7, *AFTER]),
    "common_beginning": ([pair("Question: " + row["prompt"], row["completion"]) for row in CLEAN], []),
    "common_ending": ([pair(row["prompt"], row["completion"] + " Over and out") for row in CLEAN], []),
    "one_label": ([{**row, "label": "odd"} for row in LABELLED], []),
    "label_imbalance": ([*LABELLED, *({"text": f"{n} ate", "label": "few"} for n in NAMES[:3])], []),
    "single_example": ([*LABELLED, {"text": "Zoe slept", "label": "asleep"}], AFTER),
    "similar_labels": ([*LABELLED, {"text": "Zoe slept", "label": "Odd"}], AFTER),
    "suspected_noise": ([*SPAM, {"text": "win a free prize now Zoe", "label": "ham"}], [41]),
    "email_addresses": ([*CLEAN, pair("Is it zoe.smith@mail.company.org?")], AFTER),
    "phone_numbers": ([*CLEAN, pair("Is it +49 170 1234567?")], AFTER),
    "secret_keys": ([*CLEAN, pair("My key is sk-proj-abcdEFGH1234abcdEFGH1234")], AFTER),
    "card_numbers": ([*CLEAN, pair("I pay with 5500 0055 5555 5559 today")], AFTER),
    "bank_accounts": ([*CLEAN, pair("Send it to GB29 NWBK 6016 1331 9268 19 please")], AFTER),
}  # fmt: skip


def by_code(data: Dataset, *more: Any) -> dict[str, Finding]:
    return {finding.code: finding for finding in check_dataset(data, *more).findings}


@pytest.mark.parametrize("code", CASES)
def test_a_code_names_its_lines(read: Read, code: str) -> None:
    rows, lines = CASES[code]
    finding = by_code(read(rows))[code]
    assert list(finding.lines) == lines and finding.count == len(lines)
    assert finding.message and finding.remedy.endswith(".")
    assert finding.severity == CODES[code].severity


@pytest.mark.parametrize("rows", [CLEAN, LABELLED, TAGGED, CHATS], ids=["pairs", "labels", "tags", "chats"])
def test_clean_data_has_no_findings(read: Read, rows: list[Any]) -> None:
    report = check_dataset(read(rows))
    assert report.ok and report.findings == () and report.rows == 75


OTHER_FORMATS = {
    "wrong_width": (b"text\tlabel\na\tb\tc\nd\te\n", "a.tsv", [2]),
    "not_utf8": ("text\nschön\n".encode("cp1252"), "a.csv", []),
    "huge_field": (b"text\n" + b"x" * 1_000_001 + b"\ny\n", "a.csv", [2]),
}


@pytest.mark.parametrize("code", OTHER_FORMATS)
def test_codes_of_tables(read: Read, code: str) -> None:
    content, name, lines = OTHER_FORMATS[code]
    assert list(by_code(read(content, name))[code].lines) == lines


def test_the_validation_file_is_checked_too_and_compared(read: Read) -> None:
    odd = [{"text": "Benno saw the river", "label": "never"}, {"text": " ", "label": "odd"}]
    validation = [LABELLED[2], *odd]
    findings = by_code(read(LABELLED), read(validation, "b.jsonl"))
    assert findings["overlap"].lines == (3,)
    assert findings["unseen_labels"].message.endswith("('never').")
    assert (findings["empty_field"].file, findings["empty_field"].lines) == ("validation", (3,))
    near = [{"text": LABELLED[4]["text"] + " and then nothing else happened that day", "label": "odd"}]
    twin = [{**near[0], "text": near[0]["text"] + "!"}]
    assert by_code(read([*LABELLED, *near]), read(twin, "b.jsonl"))["near_overlap"].lines == (76,)
    assert "other_kind" in by_code(read(LABELLED), read(CLEAN, "b.jsonl"))


def test_rows_that_do_not_fit_are_told_with_their_tokens(read: Read, encoder: Encoder) -> None:
    data = read([*CLEAN, pair("many " * 120), pair("very many " * 60)])
    findings = by_code(data, None, encoder)
    assert findings["too_long"].lines == (76, 77)
    assert "line 76 has 612" in findings["too_long"].message


def test_a_template_that_refuses_is_quoted(read: Read, encoder: Encoder) -> None:
    before = encoder.tokenizer.chat_template
    encoder.tokenizer.chat_template = "{{ raise_exception('No system, please.') }}"
    try:
        finding = by_code(read(CLEAN), None, encoder)["template_refuses"]
    finally:
        encoder.tokenizer.chat_template = before
    assert finding.count == 75 and "No system, please." in finding.message


def test_every_code_has_a_case() -> None:
    elsewhere = {"overlap", "near_overlap", "unseen_labels", "other_kind", "too_long", "template_refuses"}
    sheets = {"other_sheets"}  # test_reading
    assert {*CASES, *OTHER_FORMATS, *elsewhere, *sheets} == set(CODES)


def test_many_lines_are_counted_and_the_first_listed(read: Read) -> None:
    finding = by_code(read([{**row, "prompt": row["prompt"] + " "} for row in CLEAN]))["outer_space"]
    assert finding.count == 75 and finding.lines == tuple(range(1, 21))


@pytest.mark.parametrize(
    "text",
    [
        "It costs 1,234,567.89 or 0.1234567890123456 of it",
        "On 2026-11-21 at 10:15:00, version 1.2.3.4, build 20261121101500",
        "ISBN 978-3-16-148410-0, order 1234-5678-9012",
        "a@b, me @ home, user@localhost, someone@example.com",
        "task-management-system-for-large-teams, risk_of_something_long_in_here",
        "card 1234 5678 9012 3456 has a wrong check digit",
        "DE89 3704 0044 0532 0130 01 has wrong check digits",
        "192.168.100.200 and 10.0.0.1:8080, 3.14159265358979",
    ],
)
def test_what_only_looks_like_personal_data_is_let_be(read: Read, text: str) -> None:
    personal = {"email_addresses", "phone_numbers", "secret_keys", "card_numbers", "bank_accounts"}
    assert not personal & set(by_code(read([*CLEAN, pair(text)])))


@pytest.mark.parametrize(
    "number",
    [
        "+49 170 1234567",
        "+44 (0)20 7946 0958",
        "(555) 123-4567",
        "555-123-4567",
        "0170 1234567",
        "09061701461",
    ],
)
def test_phone_numbers_of_many_forms_are_found(read: Read, number: str) -> None:
    assert "phone_numbers" in by_code(read([*CLEAN, pair(f"Call {number} now, or never.")]))


def test_a_report_never_quotes_personal_data(read: Read) -> None:
    secrets = [CASES[c][0][-1] for c in ("email_addresses", "secret_keys", "card_numbers", "bank_accounts")]
    said = " ".join(f.message for f in check_dataset(read([*CLEAN, *secrets])).findings)
    assert not any(part in said for part in ("zoe.smith", "sk-proj", "5500", "NWBK"))


def test_label_like_answers_of_conversations_are_labels(read: Read) -> None:
    data = read([{"input": row["text"], "output": row["label"]} for row in LABELLED])
    assert check_dataset(data).labels == {"even": 38, "odd": 37}
    assert check_dataset(read(CLEAN)).labels == {}
