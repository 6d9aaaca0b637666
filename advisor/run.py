"""Run trials in rounds of the same samples for every method, until all are done or the budget is."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from advisor.errors import ON_REQUEST, Cancelled, DoesNotApply
from advisor.events import Event, Listener
from advisor.folds import Fold, thinned
from advisor.growing import parts_of
from advisor.methods import Method
from advisor.racing import rounds
from advisor.spending import Purse
from advisor.trials import Laboratory, Trial, TrialStore
from finetune.errors import FinetuneError
from generation.errors import GenerationError, ModelUnavailableError
from retrieval.errors import RetrievalError

Judge = Callable[[Mapping[str, pa.Table], int], Mapping[str, str]]
"""(rows so far of every method that is still measured, looks in all) -> those to drop, and why."""


FAILURES = (GenerationError, FinetuneError, RetrievalError)
"""Of one method, which leave the others unharmed."""


class _TooDear(Cancelled):
    """The budget has no room for a trial."""


class Run:
    """The trials of one measurement; a method that fails is left out with its reason."""

    def __init__(
        self,
        laboratory: Laboratory,
        store: TrialStore,
        methods: Sequence[Method],
        folds: Sequence[Fold],
        purse: Purse,
        on_event: Listener,
    ) -> None:
        self.failed: dict[str, str] = {}
        self.not_run: dict[str, str] = {}
        self.dropped: dict[str, str] = {}
        self.stopped: str | None = None
        self.curves: dict[str, dict[int, pa.Table]] = {}
        """Method -> part -> its rows where it learned from one of so many samples of each fold."""
        self._laboratory, self._store, self._purse, self._on_event = laboratory, store, purse, on_event
        self._methods, self._folds, self._rounds = methods, folds, rounds([len(fold.test) for fold in folds])
        self._finished_rounds = 0
        self._tables: dict[str, dict[int, pa.Table]] = defaultdict(dict)
        self._scores: dict[str, float] = {}

    @property
    def total(self) -> int:
        """Trials, if no method is dropped."""
        return len(self._methods) * len(self._folds)

    def all(self, judge: Judge) -> None:
        """Run what is not yet finished; what the judge drops after a round is measured no further."""
        try:
            for number, folds in enumerate(self._rounds, start=1):
                for method in self._left():
                    self._round(method, folds)
                self._finished_rounds = number
                if number < len(self._rounds):
                    self._drop(judge)
            self._learn()
        except Cancelled as reason:
            self.stopped = str(reason)
            measured = self.tensor()
            self.not_run |= {m.name: "stopped before it" for m in self._left() if m.name not in measured}
        self._tell("stage", "weighing the evidence")

    def _round(self, method: Method, folds: Sequence[int]) -> None:
        """In the first round a method that is too dear is left out; later it ends the race for all alike."""
        try:
            for fold in folds:
                self._one(Trial(method, fold, self._split(method, fold), len(self._folds)))
        except _TooDear as reason:
            if self._finished_rounds:
                raise
            self.stopped = self.not_run[method.name] = str(reason)

    def tensor(self) -> dict[str, pa.Table]:
        """Rows in sample order of the methods that answered every sample of the finished rounds.

        Before a round is finished those count that are done with it.
        """
        wanted = [fold for folds in self._rounds[: max(self._finished_rounds, 1)] for fold in folds]
        return {
            m.name: pa.concat_tables([self._tables[m.name][fold] for fold in wanted]).sort_by("sample")
            for m in self._left()
            if set(wanted) <= set(self._tables[m.name])
        }

    def partly(self) -> dict[str, pa.Table]:
        """Rows in sample order of the methods that were dropped."""
        tables = {name: list(self._tables[name].values()) for name in self.dropped}
        return {name: pa.concat_tables(of).sort_by("sample") for name, of in tables.items()}

    def _learn(self) -> None:
        """Learning curves of what was measured to the end; what fails, or is too dear, has none."""
        least = min(len(fold.train) for fold in self._folds)
        for method in self._left():
            if parts := parts_of(method.name, self._laboratory.situation.preset, least):
                self._tell("stage", f"learning curve of {method.name}")
                found = {p: rows for p in parts if (rows := self._extra(self._thinned(method, p)))}
                if len(found) == len(parts):
                    self.curves[method.name] = found

    def _thinned(self, method: Method, part: int) -> Iterator[Trial]:
        laboratory = self._laboratory
        for number, fold in enumerate(self._folds):
            seed = laboratory.seed + number
            learned = thinned(fold, part, laboratory.samples, laboratory.situation.task, seed)
            yield Trial(method, number, learned, len(self._folds), part)

    def confirmed(self, names: Sequence[str], split: Fold) -> dict[str, pa.Table]:
        """What these methods answer to samples that no fold holds."""
        found = {}
        for method in (m for m in self._methods if m.name in names):
            self._tell("stage", f"confirming {method.name}")
            train = split.train if method.learns else self._folds[0].train
            trial = Trial(method, len(self._folds), replace(split, train=train), len(self._folds))
            if rows := self._extra([trial]):
                found[method.name] = rows
        return found

    def _extra(self, trials: Iterable[Trial]) -> pa.Table | None:
        """Rows in sample order; None where one fails, is too dear or stopped: the advice is whole without."""
        try:
            return pa.concat_tables([self._finished(trial) for trial in trials]).sort_by("sample")
        except ModelUnavailableError:
            raise
        except (Cancelled, DoesNotApply, *FAILURES):
            return None

    def _left(self) -> list[Method]:
        out = self.failed.keys() | self.not_run.keys() | self.dropped.keys()
        return [method for method in self._methods if method.name not in out]

    def _split(self, method: Method, fold: int) -> Fold:
        """What learns nothing is prepared once and for all: the samples only bound its answers' length."""
        split = self._folds[fold]
        return split if method.learns else replace(split, train=self._folds[0].train)

    def _drop(self, judge: Judge) -> None:
        tensor, every = self.tensor(), sum(len(fold.test) for fold in self._folds)
        if len(tensor) <= 1:
            return
        for name, why in judge(tensor, len(self._rounds) - 1).items():
            seen = tensor[name].num_rows
            self.dropped[name] = f"dropped after {seen} of {every} samples: {why}"

    def _one(self, trial: Trial) -> None:
        name = trial.method.name
        if name in self.failed or name in self.not_run:
            return
        self._tell("trial", f"{name}, fold {trial.fold + 1}", trial.method)
        try:
            self._tables[name][trial.fold] = self._finished(trial)
        except DoesNotApply as reason:
            self.not_run[name] = str(reason)
        except ModelUnavailableError:
            # Of passing nature, and it would strike one method and spare the next.
            raise
        except FAILURES as error:
            self.failed[name] = str(error)
        else:
            self._scores[name] = self._score(pa.concat_tables(self._tables[name].values()))

    def _finished(self, trial: Trial) -> pa.Table:
        """The trial's rows, perhaps from an earlier call; see `_measured`."""
        table = self._store.load(trial)
        if table is None:
            table = self._measured(trial)
            self._store.save(trial, table)
        self._purse.pay(trial, table)
        return table

    def _measured(self, trial: Trial) -> pa.Table:
        """The trial's rows.

        Raises:
            Cancelled: on request.
            _TooDear: the budget has no room for it.

        """
        laboratory, began = self._laboratory, time.perf_counter()

        def lacks() -> str | None:
            return self._purse.lacks(trial, time.perf_counter() - began)

        try:
            if lacks():
                raise Cancelled
            return replace(laboratory, cancelled=lambda: laboratory.cancelled() or bool(lacks())).run(trial)
        except Cancelled:
            if laboratory.cancelled():
                raise Cancelled(ON_REQUEST) from None
            raise _TooDear(f"the budget of {lacks()} is spent") from None

    def _tell(self, kind: str, message: str, method: Method | None = None) -> None:
        out, folds = self.failed.keys() | self.not_run.keys() | self.dropped.keys(), len(self._folds)
        done = sum(folds if m.name in out else len(self._tables[m.name]) for m in self._methods)
        name = method.name if method else None
        self._on_event(Event(kind, message, name, done, self.total, dict(self._scores)))  # type: ignore[arg-type]

    def _score(self, table: pa.Table) -> float:
        references = [self._laboratory.samples[i].output for i in table["sample"].to_pylist()]
        return self._laboratory.situation.task.metric.score(table["output"].to_pylist(), references)
