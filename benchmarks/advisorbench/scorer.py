"""From answers to the columns that are kept; the outputs end here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from advisor.copies import groups_of
from advisor.score_sheet import ScoreSheet
from advisor.scoring import Floats, Metric, metric_named
from advisor.task import understand
from advisor.use_case import Sample
from benchmarks.advisorbench.customers import BenchTask
from benchmarks.advisorbench.tensors import Part


@dataclass(frozen=True, slots=True)
class Scorer:
    """One task's metric, the same for every customer and for the test lines."""

    metric: Metric
    labels: tuple[str, ...]
    """Of macro F1: all of the task; where one does not occur, it does not count."""

    @classmethod
    def of(cls, task: BenchTask) -> Scorer:
        """Of the task's samples and test lines together."""
        understood = understand(task.pool)
        if understood.metric.name != "macro_f1":
            return cls(understood.metric, ())
        spellings = [*understood.labels, *(line.output for line in task.test)]
        labels = tuple(sorted({label.strip().casefold() for label in spellings}))
        return cls(metric_named("macro_f1", labels), labels)

    def samples(self, sheet: ScoreSheet) -> tuple[dict[str, Part], Part]:
        """Every measured method on the customer's samples, and the constant answer."""
        tables, wanted = sheet.measured.tensor, sheet.references
        columns = {name: self.metric.columns(said, wanted) for name, said in sheet.outputs.items()}
        parts = {name: self._sample_part(sheet, tables[name], columns[name]) for name in columns}
        # With macro F1 its columns must be as wide as the others; else it is another answer in its own place.
        always = (
            self.metric.columns([sheet.baseline.answer] * len(wanted), wanted)
            if self.labels
            else sheet.baseline.columns
        )
        return parts, self._sample_part(sheet, next(iter(tables.values())), always)

    def test(self, task: BenchTask, rows: pa.Table) -> Part:
        """One method on the test lines."""
        wanted = [line.output for line in task.test]
        copies = groups_of([Sample.model_construct(input=t.input, output=t.output) for t in task.test])
        lines = [line.number for line in task.test]
        weights = np.array([[line.weight] for line in task.test])
        columns = weights * self.metric.columns(rows["output"].to_pylist(), wanted)
        return self._part(rows, columns, lines, [-1] * len(lines), copies, wanted)

    def _sample_part(self, sheet: ScoreSheet, rows: pa.Table, columns: Floats) -> Part:
        items, folds = (rows[name].to_pylist() for name in ("sample", "fold"))
        return self._part(rows, columns, items, folds, sheet.groups, sheet.references)

    def _part(
        self,
        rows: pa.Table,
        columns: Floats,
        item: Sequence[int],
        fold: Sequence[int],
        group: Sequence[int],
        wanted: Sequence[str],
    ) -> Part:
        place = {label: i for i, label in enumerate(self.labels)}
        return Part(
            columns,
            item=np.array(item),
            fold=np.array(fold),
            group=np.array(group),
            stratum=np.array([place.get(text.strip().casefold(), 0) for text in wanted]),
            seconds=rows["seconds"].to_numpy(),
            prepare_seconds=rows["prepare_seconds"].to_numpy(),
            prompt_tokens=rows["prompt_tokens"].to_numpy(),
            completion_tokens=rows["completion_tokens"].to_numpy(),
        )
