"""How good a finished model is, asked as it is served, wherever it was trained."""

from __future__ import annotations

from finetune.dataset import TrainingExample
from finetune.session import Validation
from generation.language_model import LanguageModel, Request
from generation.messages import Message

SPARE_TOKENS = 8
"""Beyond twice the longest wanted answer."""


def score_of(model: LanguageModel, validation: Validation) -> float | None:
    """The judge's score of the model's answers to the validation rows; None without a judge.

    Raises:
        GenerationError: the model cannot be asked.
    """
    rows = [row for row in validation.rows if isinstance(row, TrainingExample)]
    if validation.judge is None or not rows:
        return None
    longest = max(model.count_tokens((Message("user", row.answer),)) for row in rows)
    requests = [_request(model, row, 2 * longest + SPARE_TOKENS) for row in rows]
    return validation.judge([said.text for said in model.generate(requests)])


def _request(model: LanguageModel, row: TrainingExample, wanted: int) -> Request:
    prompt = row.messages[:-1]
    room = model.context_window - model.count_tokens(prompt)
    return Request(prompt, max_tokens=max(1, min(wanted, room)))
