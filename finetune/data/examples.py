"""Rows as what a language model is trained on."""

from __future__ import annotations

from collections.abc import Sequence

from finetune.data.labels import labels_of
from finetune.data.rows import ChatRow, LabelRow, Row, TextRow
from finetune.dataset import Example, TrainingExample
from finetune.errors import DatasetError
from finetune.texts import TextExample
from generation.messages import Message
from generation.prompts import render

MOST_LABELS_TOLD = 100
"""More labels than these are not listed in the prompt: the list would fill it."""


def training_example(row: Row, labels: Sequence[str] = ()) -> Example:
    """Conversations and texts as they are; labels asked for by `prompts.render`.

    Raises:
        DatasetError: tagged tokens, which only a token head learns.
    """
    if isinstance(row, ChatRow):
        return TrainingExample(row.messages)
    if isinstance(row, TextRow):
        return TextExample(row.text)
    if isinstance(row, LabelRow):
        return TrainingExample((*render("", row.text, labels=labels), Message("assistant", row.label)))
    raise DatasetError([f"Line {row.line}: tags are learned by a token head; train one on an encoder."])


def label_list(rows: Sequence[Row]) -> tuple[str, ...]:
    """The labels that are told to a model that is asked for one; empty for other rows."""
    if not rows or not isinstance(rows[0], LabelRow):
        return ()
    labels = tuple(sorted(set(labels_of(rows) or ())))
    return labels if len(labels) <= MOST_LABELS_TOLD else ()
