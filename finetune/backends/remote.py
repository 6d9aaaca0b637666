"""Training on any server that has OpenAI's files and fine-tuning jobs; the rows are sent there.

A job is marked with a hash of its order, so the same order finds its job again and pays for nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import Any

import openai
from openai.types.fine_tuning import FineTuningJob

from finetune.backends.parcel import Parcel, pack
from finetune.backends.port import Listener, Order, Trained
from finetune.backends.remote_watch import Watch
from finetune.errors import Cancelled, DataMustStay, DatasetError, TrainingError
from finetune.session import Control, Wish
from generation.catalog import REMOTE
from generation.endpoint import RemoteEndpoint
from generation.remote_client import connect, in_our_words, words

MARK = "trivium_order"
"""The job's metadata that holds the hash of its order."""
LOOKED_AT = 200
"""Of the newest jobs, when one is looked for."""
DAY = 24 * 3600.0
WATCHING_RETRIES = 8
"""The job goes on while the network does not."""


class RemoteBackend:
    """Implements `Backend`.

    Args:
        model: what the server calls the model that is trained on.
        endpoint: the server; what it trains answers there too.
        limit_seconds: a job that is watched longer is cancelled.
    """

    def __init__(self, model: str, endpoint: RemoteEndpoint, limit_seconds: float = DAY) -> None:
        self._model, self._endpoint, self._limit = model, endpoint, limit_seconds
        self._client = connect(replace(endpoint, retries=WATCHING_RETRIES))
        self._once = connect(replace(endpoint, retries=0))
        """For what must not happen twice, and what tells a wrong address."""

    def train(self, order: Order, tell: Listener | None = None, control: Control | None = None) -> Trained:
        """See the port."""
        if not order.data_may_leave:
            raise DataMustStay(
                f"The rows would be sent to {self._endpoint.base_url}; say that the data may leave, "
                "or train a local model."
            )
        parcel = pack(self._model, order)
        with self._in_our_words():
            job = self._find(parcel)
            if job is None and control and control.wish() is Wish.CANCEL:
                raise Cancelled("Cancelled before anything was sent.")
            watch = Watch(self._client, job or self._start(parcel), tell)
            try:
                job = watch.until_finished(self._limit, control)
            finally:
                if watch.is_over:
                    self._forget_files(watch.job)
        name = _served(job)
        return Trained(REMOTE + name, job.trained_tokens)

    def _find(self, parcel: Parcel) -> FineTuningJob | None:
        """The job that this order was given before, unless it came to nothing."""
        marked = self._once.fine_tuning.jobs.list(limit=100, metadata={MARK: parcel.key})
        for job in islice(marked, LOOKED_AT):
            if (job.metadata or {}).get(MARK) != parcel.key or job.status in ("failed", "cancelled"):
                continue
            if job.status != "succeeded" or self._is_there(job.fine_tuned_model or ""):
                return job
        return None

    def _is_there(self, model: str) -> bool:
        try:
            self._client.models.retrieve(model)
        except openai.NotFoundError:
            return False
        return True

    def _start(self, parcel: Parcel) -> FineTuningJob:
        sent: list[str] = []
        method: Any = {"type": "supervised", "supervised": {"hyperparameters": parcel.dials}}
        try:
            for name, content in (("training", parcel.training), ("validation", parcel.validation)):
                if content is not None:
                    file = (f"{name}.jsonl", content)
                    sent.append(self._once.files.create(file=file, purpose="fine-tune").id)
            return self._once.fine_tuning.jobs.create(
                model=self._model,
                training_file=sent[0],
                validation_file=sent[1] if parcel.validation is not None else openai.omit,
                method=method,
                suffix=parcel.suffix or openai.omit,
                seed=parcel.seed,
                metadata={MARK: parcel.key},
            )
        except openai.APIStatusError:
            self._forget(sent)
            raise

    def _forget_files(self, job: FineTuningJob) -> None:
        """The rows do not stay on the server longer than it needs them."""
        self._forget([file for file in (job.training_file, job.validation_file) if file])

    def _forget(self, files: list[str]) -> None:
        for file in files:
            with suppress(openai.APIStatusError):
                self._client.files.delete(file)

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except openai.BadRequestError as error:
            said = words(error, self._endpoint)
            raise TrainingError(f"{self._endpoint.base_url} refuses the training: {said}") from None
        except openai.OpenAIError as error:
            raise in_our_words(error, self._endpoint, REMOTE + self._model, self._model) from None


def _served(job: FineTuningJob) -> str:
    """What the server calls the finished model.

    Raises:
        DatasetError: the server found fault with the rows.
        TrainingError: the job came to nothing.
    """
    why = job.error.message if job.error and job.error.message else "The server gives no reason."
    if job.error and job.error.code in ("invalid_training_file", "invalid_validation_file"):
        raise DatasetError([why])
    if job.status != "succeeded" or not job.fine_tuned_model:
        raise TrainingError(f"The remote job {job.id} is {job.status}. {why}")
    return job.fine_tuned_model
