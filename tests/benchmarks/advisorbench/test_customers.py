"""Who the customers are."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.advisorbench.customers import Customer, customers, draw_lines, read_task, use_case_of


def test_equal_customers_are_one() -> None:
    found = customers("small", 25, (20, 50, 200), draws=2)
    assert [c.key for c in found] == ["20-0", "20-1", "25-0"]


def test_a_draw_is_nested_and_always_the_same(parity: Path) -> None:
    pool = read_task(parity, 20, None, "quick").pool
    small, large, other = (
        {s.input for s in use_case_of(Customer("parity", n, draw), pool).samples}
        for n, draw in ((20, 0), (25, 0), (20, 1))
    )
    assert len(small) == 20 and small < large and other != small
    assert small == {s.input for s in use_case_of(Customer("parity", 20, 0), pool).samples}


def test_the_test_lines_are_drawn_once(parity: Path) -> None:
    first, second = (read_task(parity, 10, None, "quick").test for _ in range(2))
    assert first == second and len(first) == 10
    rows = (parity / "test.jsonl").read_text().splitlines()
    assert all(f'"{line.input}"' in rows[line.number] for line in first)


def test_all_lines_of_a_rare_label_are_taken_and_weigh_what_they_should() -> None:
    strata = ["rare" if line % 20 == 0 else "often" for line in range(200)]
    drawn = draw_lines(range(199, -1, -1), strata, 40)
    weight = {name: [w for line, w in drawn.items() if strata[line] == name] for name in ("rare", "often")}
    assert len(weight["rare"]) == 10 and len(weight["often"]) == 30
    assert sum(weight["rare"]) == pytest.approx(40 * 10 / 200)
    assert sum(weight["often"]) == pytest.approx(40 * 190 / 200)
    assert list(draw_lines(range(199, -1, -1), [""] * 200, 40)) == list(range(160, 200))
