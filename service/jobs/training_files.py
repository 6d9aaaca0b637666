"""The files of a training: read, checked and turned into examples."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
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
from finetune.data.rows import Kind
from finetune.data.tokens import Encoder
from finetune.dataset import Example
from finetune.mixture import Part, mixed
from finetune.replay import replayed
from finetune.session import Validation
from generation.families import Family, family_of
from service.errors import InvalidTrainingFile, InvalidValidationFile
from service.schemas.fine_tuning_body import CreateJob, TrainingBody
from service.storage.fine_tuning import GATE, MIXTURE, REPLAY, TRAINING, VALIDATION

MOST_LINES = 10
SMALL = {"too_few_rows", "one_label"}
"""What is no fault of rows that are learned beside others, or not at all."""
FIELDS = {
    TRAINING: "training_file",
    VALIDATION: "validation_file",
    REPLAY: "replay.file",
    GATE: "gate.file",
}


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a training learns from, and what it is measured on."""

    files: Mapping[str, Dataset]
    """By the names of a job's copies."""

    @property
    def training(self) -> Dataset:
        """The file that is always there."""
        return self.files[TRAINING]

    @property
    def aside(self) -> Validation | None:
        """What is measured on: labels by how many are right, all else by its loss."""
        if VALIDATION not in self.files:
            return None
        rows = self.files[VALIDATION].rows
        return Validation(self.said(VALIDATION, TRAINING), judge_of(rows) if labels_of(rows) else None)

    def examples(self, body: TrainingBody, seed: int) -> list[Example]:
        """What is learned: the training file, or a mixture of several, and rows that are replayed.

        Raises:
            DatasetError, RecipeError: they cannot be mixed so.
        """
        learned = self.said(TRAINING)
        if body.mixture:
            parts = [
                Part(file, self.said(MIXTURE + file) if file != body.training_file else learned, weight)
                for file, weight in body.mixture.items()
            ]
            learned = mixed(parts, seed)
        return replayed(learned, self.said(REPLAY), body.replay.share, seed) if body.replay else learned

    def said(self, name: str, among: str | None = None) -> list[Example]:
        """A file's rows as questions and answers; labels with the list of its own, or of another file."""
        labels = label_list(self.files[among or name].rows)
        return [training_example(row, labels) for row in self.files[name].rows]


def read_files(folder: Path, names: Mapping[str, str]) -> TrainingData:
    """Read a job's files, given what the client called each.

    Raises:
        InvalidTrainingFile, InvalidValidationFile: one that cannot be read at all.
    """
    return TrainingData({name: _read(folder / name, client) for name, client in names.items()})


def check_data(data: TrainingData, body: CreateJob, base: Path | None) -> list[Report]:
    """Everything that is wrong with the files, a report each; the first is on training and validation.

    Without a base, which is on another server, tokens are not counted.

    Raises:
        InvalidTrainingFile, InvalidValidationFile: what the client did not accept; names lines and remedies.
    """
    family = family_of(base) if base else "causal"
    encoder = _counter(base) if base and family != "encoder" else None
    for name, dataset in data.files.items():
        if why := _wrong_kind(name, dataset.kind, family):
            raise _error(name, why)
    accepted = {*body.accept_findings, *(["too_long"] if body.recipe.long_rows == "drop" else [])}
    report = check_dataset(data.training, data.files.get(VALIDATION), encoder, previews=0)
    for name in (TRAINING, VALIDATION):
        _refuse(name, [f for f in report.findings if f.file == name], accepted)
    reports = [report]
    for name in data.files.keys() - {TRAINING, VALIDATION}:
        reports.append(check_dataset(data.files[name], None, encoder, previews=0))
        _refuse(name, reports[-1].findings, accepted | SMALL)
    return reports


def sentence(finding: Finding) -> str:
    """What is wrong, where, and what to do."""
    lines = ", ".join(map(str, finding.lines[:MOST_LINES])) + (", ..." if finding.count > MOST_LINES else "")
    where = f" ({'lines' if finding.count > 1 else 'line'} {lines})" if finding.lines else ""
    return f"{finding.message.removesuffix('.')}{where}. {finding.remedy}"


def _counter(base: Path) -> Encoder:
    # Loaded only now: whoever reads files need not hold a tokenizer.
    from finetune.data.encoders import load_encoder

    return load_encoder(base)


def _refuse(name: str, findings: Iterable[Finding], accepted: Container[str]) -> None:
    told = [sentence(f) for f in findings if f.severity == "error" and f.code not in accepted]
    if told:
        raise _error(name, " ".join(told))


def _wrong_kind(name: str, kind: Kind, family: Family) -> str | None:
    if family == "encoder" and kind not in ("labels", "tags"):
        return (
            f"it holds rows of the kind {kind}, but an encoder learns labelled texts or tagged tokens; give "
            "rows with text and label, or with tokens and tags."
        )
    if family != "encoder" and kind == "tags":
        return (
            "it holds tagged tokens, which a language model does not learn; train a token head: name an "
            "encoder as the model, such as all-MiniLM-L6-v2."
        )
    if family == "encoder_decoder" and kind == "text":
        return "it holds plain texts, but this kind of model learns answers; give conversations."
    if name == GATE and kind == "text":
        return "it holds plain texts, which have no answers to compare; give conversations or labels."
    return None


def _read(path: Path, client: str) -> Dataset:
    try:
        return read_dataset(path, client)
    except UnreadableDataError as error:
        raise _error(path.name, str(error)) from error


def _error(name: str, why: str) -> InvalidTrainingFile | InvalidValidationFile:
    field = FIELDS.get(name) or f"mixture.{name.removeprefix(MIXTURE)}"
    kind = InvalidValidationFile if name == VALIDATION else InvalidTrainingFile
    return kind(f"{field}: {why}", field)
