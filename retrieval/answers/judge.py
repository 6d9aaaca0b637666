"""Decides whether an answer is given: text is held back until the evidence for it suffices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from retrieval.answers.calibration import Calibration
from retrieval.answers.draft import Draft
from retrieval.answers.records import Answered, Reason


class Judge:
    """Judges the growing drafts of one reader.

    Args:
        calibration: turns evidence into confidence.
        threshold: the least confidence of an answer.

    """

    def __init__(self, calibration: Calibration, threshold: float) -> None:
        self._calibration, self._threshold = calibration, threshold
        self._last: Draft | None = None
        self.released = False
        """Whether an answer is given."""

    def let_through(self, drafts: Iterable[Draft]) -> Iterator[str]:
        """Pieces of text, from the moment on at which a draft convinces."""
        told = 0
        for draft in drafts:
            self._last = draft
            self.released = self.released or self._convinces(draft)
            if self.released and len(draft.text) > told:
                yield draft.text[told:]
                told = len(draft.text)

    def verdict(self, seconds: Mapping[str, float]) -> Answered:
        """The last draft as an answer, or as what was withheld."""
        draft = self._last
        assert draft is not None
        return Answered(
            text=draft.text if self.released else "",
            citations=draft.citations if self.released else (),
            confidence=round(self._confidence(draft), 4),
            threshold=self._threshold,
            reader=draft.reader,
            reason=self._reason(draft),
            withheld="" if self.released else draft.text,
            seconds=dict(seconds),
            prompt_tokens=draft.prompt_tokens,
            completion_tokens=draft.completion_tokens,
            cut_off=draft.cut_off,
        )

    def _convinces(self, draft: Draft) -> bool:
        return bool(draft.citations) and self._confidence(draft) >= self._threshold

    def _confidence(self, draft: Draft) -> float:
        return self._calibration.confidence(draft.evidence) if draft.evidence else 0.0

    def _reason(self, draft: Draft) -> Reason | None:
        if self.released:
            return None
        return "weak_evidence" if draft.evidence else "declined"
