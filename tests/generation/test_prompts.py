"""How a task is said to a model."""

from __future__ import annotations

from generation.prompts import UNKNOWN, Demonstration, Passage, render


def test_rules_come_first_then_solved_cases_then_the_case() -> None:
    said = render("Sort.", "c", labels=("x", "y"), demonstrations=(Demonstration("a", "x"),))
    assert [(m.role, m.content) for m in said] == [
        ("system", "Sort.\nAnswer with one of: x, y"),
        ("user", "a"),
        ("assistant", "x"),
        ("user", "c"),
    ]


def test_the_question_stands_before_and_after_the_passages() -> None:
    *_, asked = render("", "Who?", passages=(Passage("Log", "Ann did."), Passage("", "Bob not.")))
    assert asked.content == "Question: Who?\n\n[1] Log: Ann did.\n\n[2] Bob not.\n\nQuestion: Who?"


def test_passages_bring_the_rule_for_what_they_do_not_hold() -> None:
    assert UNKNOWN in render("", "Who?", passages=(Passage("", "Ann."),))[0].content
