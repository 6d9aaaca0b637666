"""From a question to an answer with citations, or to an abstention: find, read, align, judge."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest

from generation.language_model import LanguageModel
from retrieval.answers.calibration import Calibration, shipped
from retrieval.answers.draft import Draft
from retrieval.answers.errors import NoReaderError
from retrieval.answers.extractive import SpanReader, point
from retrieval.answers.generative import write
from retrieval.answers.judge import Judge
from retrieval.answers.records import Answered, ReaderName, Searched, Wish
from retrieval.answers.shown import Shown, as_windows
from retrieval.reranker import find_windows
from retrieval.store.store import Store


class Answering:
    """Readers that answer questions from stores.

    Args:
        reader: points at spans; without it nothing is extracted.
        model: writes answers; without it nothing is generated.
        calibrations: by reader; those shipped where there is none.

    """

    def __init__(
        self,
        reader: SpanReader | None = None,
        model: LanguageModel | None = None,
        calibrations: Mapping[ReaderName, Calibration] | None = None,
    ) -> None:
        self._reader, self._model = reader, model
        self._calibrations = calibrations or {}

    def answer(self, question: str, stores: Sequence[Store], wish: Wish | None = None) -> Answered:
        """An answer, or an abstention.

        Raises:
            NoReaderError: the wish names a reader that is not there.
            ContextTooLongError: the question is too long for the model.
        """
        *_, answered = self.stream(question, stores, wish)
        assert isinstance(answered, Answered)
        return answered

    def stream(
        self, question: str, stores: Sequence[Store], wish: Wish | None = None
    ) -> Iterator[Searched | str | Answered]:
        """What was found, then pieces of the answer's text, then the whole; an abstention has no pieces.

        Text is held back until the evidence for it suffices; then it flows sentence by sentence.

        Raises:
            NoReaderError, ContextTooLongError: as `answer` does.
        """
        wish = wish or Wish()
        readers = self._readers(wish)
        clock = _Clock()
        with clock.stage("search"):
            windows = _find(question, stores, wish)
        yield Searched(tuple(one.source() for one in windows))
        if not windows:
            threshold = self._threshold(readers[0], wish)
            yield Answered("", (), 0.0, threshold, None, "nothing_found", "", clock.seconds)
            return
        for name in readers:
            judge = Judge(self._calibration(name), self._threshold(name, wish))
            with clock.stage("read" if name == "extractive" else "write"):
                yield from judge.let_through(self._drafts(name, question, windows, wish))
            if judge.released:
                break
        yield judge.verdict(clock.seconds)

    def _readers(self, wish: Wish) -> list[ReaderName]:
        there: dict[ReaderName, bool] = {
            "extractive": self._reader is not None,
            "generative": self._model is not None,
        }
        wanted: list[ReaderName] = ["extractive", "generative"] if wish.reader == "auto" else [wish.reader]
        found = [name for name in wanted if there[name]]
        if not found:
            raise NoReaderError(f"There is no {wish.reader} reader here; choose another, or name a model.")
        return found

    def _drafts(
        self, name: ReaderName, question: str, windows: Sequence[Shown], wish: Wish
    ) -> Iterator[Draft]:
        if name == "extractive":
            assert self._reader is not None
            yield point(self._reader, question, windows)
        else:
            assert self._model is not None
            yield from write(self._model, question, windows, wish)

    def _calibration(self, name: ReaderName) -> Calibration:
        return self._calibrations.get(name) or shipped(name)

    def _threshold(self, name: ReaderName, wish: Wish) -> float:
        return self._calibration(name).threshold if wish.threshold is None else wish.threshold


class _Clock:
    """Wall time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(time.perf_counter() - began, 6)


def _find(question: str, stores: Sequence[Store], wish: Wish) -> list[Shown]:
    """The best windows of all stores; since scores of two searches do not compare, stores take turns."""
    found = [
        as_windows(
            store,
            find_windows(
                store,
                [question],
                wish.passages,
                mode=wish.mode,
                filters=wish.filters,
                threshold=wish.score_threshold,
                reranker=wish.reranker,
            ),
        )
        for store in stores
    ]
    turns = (one for turn in zip_longest(*found) for one in turn if one is not None)
    seen = {(one.found.file_id, one.start): one for one in reversed(list(turns))}
    return list(reversed(seen.values()))[: wish.passages]
