"""The whole journey: measure every method on the use case, weigh the evidence, recommend one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from advisor.events import Event, Listener, ignore, never
from advisor.measure import measure
from advisor.recommendation import Recommendation
from advisor.report import write_report
from advisor.use_case import UseCase
from advisor.weigh import weigh
from advisor.workbench import Workbench


def recommend(
    use_case: UseCase,
    workbench: Workbench,
    folder: Path,
    *,
    on_event: Listener = ignore,
    cancelled: Callable[[], bool] = never,
) -> Recommendation:
    """Measure, decide, and write tensor.parquet, report.json and report.html into the folder.

    Called again on the same folder it repeats no finished trial. When `cancelled` turns true it
    stops after the running block of samples and recommends from what was measured.

    Raises:
        UseCaseError: the use case cannot be measured; nothing was run.
        Cancelled: stopped before any method had answered all samples.

    """
    measured = measure(use_case, workbench, folder, on_event, cancelled)
    result = weigh(use_case, measured)
    write_report(result, measured.tensor, folder)
    on_event(Event("verdict", result.sentence, result.recommended))
    return result
