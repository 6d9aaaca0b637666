"""A check in a process of its own ends well, whatever the process does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finetune.data.report import Report
from service.dataset_checks import PLACES, Source, Task, check_apart
from service.errors import InvalidRequest, ServiceError, TooBusy, TooLarge

pytestmark = pytest.mark.slow


@pytest.fixture
def task(tmp_path: Path) -> Task:
    rows = [f"{i} is {'odd' if i % 2 else 'even'},{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "rows").write_text("\n".join(["text,label", *rows]))
    return Task(Source("file", tmp_path / "rows", "rows.csv"), None, None, 0)


def test_a_report_comes_back(task: Task, tmp_path: Path) -> None:
    report = check_apart(task, tmp_path)
    assert isinstance(report, Report) and (report.ok, report.rows) == (True, 60)


def test_a_check_that_takes_too_long_is_ended(task: Task, tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="trivium data check"):
        check_apart(task, tmp_path, seconds=0.05)


def test_a_process_that_dies_is_a_clear_refusal(task: Task, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="died"):
        check_apart(task, tmp_path / "nowhere")


def test_more_checks_than_places_are_sent_away(task: Task, tmp_path: Path) -> None:
    def attempt(number: int) -> Report | ServiceError:
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            return check_apart(task, folder)
        except ServiceError as error:
            return error

    with ThreadPoolExecutor(PLACES + 2) as pool:
        outcomes = list(pool.map(attempt, range(PLACES + 2)))
    assert sum(isinstance(outcome, Report) for outcome in outcomes) == PLACES
    assert sum(isinstance(outcome, TooBusy) for outcome in outcomes) == 2
    assert isinstance(attempt(99), Report)


def test_a_file_that_unpacks_to_more_than_memory_is_refused(tmp_path: Path) -> None:
    packed = pa.DictionaryArray.from_arrays(pa.array([0] * 10**6, pa.int32()), pa.array(["x" * 10**7]))
    pq.write_table(pa.table({"text": packed}), tmp_path / "bomb", compression="zstd")
    assert (tmp_path / "bomb").stat().st_size < 100_000
    with pytest.raises(InvalidRequest, match="2,000,000,000 characters"):
        check_apart(Task(Source("file", tmp_path / "bomb", "a.parquet"), None, None, 0), tmp_path)
