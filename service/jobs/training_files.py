"""The files of a fine-tuning job: read, checked and turned into examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.data.checking import check_dataset
from finetune.data.dataset import Dataset, read_dataset
from finetune.data.errors import UnreadableDataError
from finetune.data.examples import label_list, training_example
from finetune.data.findings import Finding
from finetune.data.labels import labels_of
from finetune.data.metrics import judge_of
from finetune.data.report import Report
from finetune.data.rows import Row
from finetune.data.tokens import Encoder
from finetune.dataset import Example
from finetune.session import Validation
from service.errors import InvalidTrainingFile, InvalidValidationFile
from service.schemas.fine_tuning_body import CreateJob
from service.storage.fine_tuning import TRAINING, VALIDATION, FineTuningSpec

MOST_LINES = 10


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a job learns from, and what it is measured on."""

    training: Dataset
    validation: Dataset | None

    @property
    def examples(self) -> list[Example]:
        """What is learned."""
        return self._said(self.training.rows)

    @property
    def aside(self) -> Validation | None:
        """What is measured on: labels by how many are right, all else by its loss."""
        if self.validation is None:
            return None
        rows = self.validation.rows
        return Validation(self._said(rows), judge_of(rows) if labels_of(rows) else None)

    def _said(self, rows: Sequence[Row]) -> list[Example]:
        labels = label_list(self.training.rows)
        return [training_example(row, labels) for row in rows]


def read_files(folder: Path, spec: FineTuningSpec) -> TrainingData:
    """Read a job's files.

    Raises:
        InvalidTrainingFile, InvalidValidationFile: one that cannot be read at all.
    """
    training = _read(folder / TRAINING, spec.training_name, InvalidTrainingFile)
    if spec.validation_name is None:
        return TrainingData(training, None)
    return TrainingData(training, _read(folder / VALIDATION, spec.validation_name, InvalidValidationFile))


def check_data(data: TrainingData, body: CreateJob, encoder: Encoder) -> Report:
    """Everything that is wrong with the files.

    Raises:
        InvalidTrainingFile, InvalidValidationFile: what the client did not accept; names lines and remedies.
    """
    report = check_dataset(data.training, data.validation, encoder, previews=0)
    accepted = {*body.accept_findings, *(["too_long"] if body.recipe.long_rows == "drop" else [])}
    errors = [f for f in report.findings if f.severity == "error" and f.code not in accepted]
    for place, kind in (("training", InvalidTrainingFile), ("validation", InvalidValidationFile)):
        told = [sentence(finding) for finding in errors if finding.file == place]
        if told:
            raise kind(f"{place}_file: {' '.join(told)}", f"{place}_file")
    return report


def sentence(finding: Finding) -> str:
    """What is wrong, where, and what to do."""
    lines = ", ".join(map(str, finding.lines[:MOST_LINES])) + (", ..." if finding.count > MOST_LINES else "")
    where = f" ({'lines' if finding.count > 1 else 'line'} {lines})" if finding.lines else ""
    return f"{finding.message.removesuffix('.')}{where}. {finding.remedy}"


def _read(path: Path, name: str, kind: type[InvalidTrainingFile | InvalidValidationFile]) -> Dataset:
    field = f"{path.name}_file"
    try:
        data = read_dataset(path, name)
    except UnreadableDataError as error:
        raise kind(f"{field}: {error}", field) from error
    if data.kind == "tags":
        raise kind(
            f"{field}: it holds tagged tokens, which a language model does not learn; train a token head.",
            field,
        )
    return data
