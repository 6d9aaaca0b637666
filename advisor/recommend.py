"""The whole journey: measure every method on the use case, weigh the evidence, recommend one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from advisor.events import Event, Listener, ignore, never
from advisor.files import write_atomically
from advisor.measure import measure
from advisor.recommendation import Recommendation
from advisor.replay import bundle
from advisor.report import write_report
from advisor.trials import as_parquet
from advisor.use_case import UseCase
from advisor.weigh import confirmed
from advisor.workbench import Workbench


def recommend(
    use_case: UseCase,
    workbench: Workbench,
    folder: Path,
    *,
    on_event: Listener = ignore,
    cancelled: Callable[[], bool] = never,
    race: bool = True,
) -> Recommendation:
    """Measure, decide, and write tensor.parquet, replay.zip and the reports into the folder.

    Called again on the same folder it repeats no finished trial. When `cancelled` turns true, or the
    use case's budget is spent, it recommends from what was measured. Unless `race` is off, methods that
    can hardly win any more are not measured to the end.

    Raises:
        UseCaseError: the use case cannot be measured; nothing was run.
        Cancelled: stopped before any method had answered all samples.

    """
    measured, confirm = measure(use_case, workbench, folder, on_event, cancelled, race=race)
    result, measured = confirmed(use_case, measured, confirm)
    write_atomically(folder / "tensor.parquet", as_parquet(pa.concat_tables(measured.tensor.values())))
    write_atomically(folder / "replay.zip", bundle(use_case, measured, result))
    write_report(result, folder)
    on_event(Event("verdict", result.sentence, result.recommended))
    return result
