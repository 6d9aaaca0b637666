"""Who the customers are."""

from __future__ import annotations

from pathlib import Path

from benchmarks.advisorbench.customers import Customer, customers, read_task, use_case_of


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
