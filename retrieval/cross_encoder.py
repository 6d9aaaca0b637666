"""A re-ranker from a local folder: a transformers model that classifies pairs of texts with one score."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any

from retrieval.errors import RerankerUnusableError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LONGEST = 512
"""Tokens of a question and a text together; the longer of both is cut."""
BATCH = 16


class CrossEncoder:
    """Loads on first use and stays in memory; asks no hub, reads no pickle. Safe between threads.

    Args:
        folder: as transformers saves a sequence classifier and its tokenizer.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loading, self._running = RLock(), Lock()

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, 0 to 1.

        Raises:
            RerankerUnusableError: the folder holds no such model.
        """
        with self._loading:
            model, tokenizer = self._model, self._tokenizer
        scores: list[float] = []
        with self._running:
            for at in range(0, len(texts), BATCH):
                scores += _scores(model, tokenizer, question, texts[at : at + BATCH])
        return scores

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        try:
            return AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
        except (OSError, ValueError) as error:
            raise self._unusable(str(error)) from error

    @cached_property
    def _model(self) -> PreTrainedModel:
        from transformers import AutoModelForSequenceClassification

        try:
            model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
                self._folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError) as error:
            raise self._unusable(str(error)) from error
        if model.config.num_labels != 1:
            raise self._unusable(f"it gives {model.config.num_labels} scores to a pair of texts, not one")
        return model.float().eval()

    def _unusable(self, why: str) -> RerankerUnusableError:
        return RerankerUnusableError(
            f"The folder {self._folder.name!r} holds no usable re-ranker: {why}. Save a sequence classifier "
            "with one label and its tokenizer there, with safetensors."
        )


def _scores(model: Any, tokenizer: Any, question: str, texts: Sequence[str]) -> list[float]:
    import torch

    longest = min(LONGEST, tokenizer.model_max_length, model.config.max_position_embeddings)
    pairs = tokenizer(
        [question] * len(texts),
        list(texts),
        truncation="longest_first",
        max_length=longest,
        padding=True,
        return_tensors="pt",
    )
    with torch.inference_mode():
        scores: list[float] = torch.sigmoid(model(**pairs).logits[:, 0]).tolist()
    return scores
