"""What a team hands in: samples, perhaps documents, constraints. Checked here, at the door."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sized
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from advisor.counted import counted
from advisor.errors import UseCaseError
from generation.catalog import is_remote
from generation.faults import first_fault
from generation.words import count_words, normalise

MIN_SAMPLES = 20
MIN_INPUTS = 10
"""Different inputs: copies teach nothing new about a method."""
MAX_SAMPLES = 2_000
MAX_WORDS = 1_500
MAX_DOCUMENTS = 100_000
MAX_MODELS = 8
MAX_VOLUME = 10**12

Preset = Literal["quick", "standard", "thorough"]
MetricName = Literal["auto", "accuracy", "macro_f1", "exact_match", "token_f1", "rouge_l", "field_f1"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Strict(BaseModel):
    """Unknown fields are errors: a typing mistake must not change a measurement."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Sample(Strict):
    """A solved case: what comes in and the answer that is wanted."""

    input: Text
    output: Text
    """A JSON object may be given as an object; it is kept as its JSON text."""

    @field_validator("output", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value

    @field_validator("input", "output")
    @classmethod
    def _short_enough(cls, value: str) -> str:
        if (words := count_words(value)) > MAX_WORDS:
            raise ValueError(f"has {words} words; at most {MAX_WORDS} are allowed: shorten it or split it")
        return value


class SourceDocument(Strict):
    """A document of the corpus."""

    id: Text
    title: str = ""
    text: Text


class Constraints(Strict):
    """What the chosen method must keep to; a field that is left out does not bind."""

    max_latency_seconds: float | None = Field(None, gt=0)
    """95th percentile of one request at a time."""
    max_cost_per_1000: float | None = Field(None, gt=0)
    """Money per 1,000 requests, in the currency of the price table (USD)."""
    monthly_volume: int | None = Field(None, ge=0, le=MAX_VOLUME)
    """Requests a month, for the monthly cost."""
    knowledge_changes: Literal["never", "yearly", "monthly", "weekly", "daily"] = "never"
    """How often the facts behind the answers change."""
    data_may_leave: bool = True
    """Whether samples and documents may be sent to a remote model."""
    quality_floor: float | None = Field(None, ge=0, le=1)
    """Lowest acceptable score on the metric, 0 to 1."""


class Economics(Strict):
    """What the use case's money is worth, in the currency of the price table (USD)."""

    prefer: Literal["simplest", "cheapest"] = "simplest"
    """Which of several equally good methods is recommended."""
    machine_per_hour: float | None = Field(None, ge=0)
    """Of the machine that answers, instead of the price table's."""
    input_per_million: float | None = Field(None, ge=0)
    """Of the use case's remote model, instead of the price table's; with `output_per_million`."""
    output_per_million: float | None = Field(None, ge=0)
    """Of the use case's remote model, instead of the price table's; with `input_per_million`."""
    per_label: float = Field(0.0, ge=0)
    """Of labelling one sample."""
    lifetime_months: float = Field(12.0, gt=0)
    """Over which training, indexing and labelling are paid off."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.input_per_million is None) != (self.output_per_million is None):
            raise ValueError("input_per_million and output_per_million belong together: give both, or none")
        return self


class Budget(Strict):
    """What measuring may take; a part that is left out does not bind. Then the answer so far is given."""

    seconds: float | None = Field(None, gt=0)
    """Computing time of all methods, and of indexing the corpus."""
    money: float | None = Field(None, gt=0)
    """In the currency of the price table (USD)."""
    calls: int | None = Field(None, ge=1)
    """Answers of a language model, timing included."""


class UseCase(Strict):
    """A use case as it is posted."""

    name: str = Field("", max_length=200)
    description: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8_000)]
    """The task in the team's words; it becomes the models' instruction."""
    samples: tuple[Sample, ...]
    corpus: tuple[SourceDocument, ...] | None = None
    constraints: Constraints = Constraints()
    economics: Economics = Economics()
    metric: MetricName = "auto"
    labels: tuple[Text, ...] | None = None
    """All labels, where some may be missing among the samples."""
    model: Text = "pocket"
    models: tuple[Text, ...] = Field((), max_length=MAX_MODELS)
    """Several base models to compare; `model` is the first of them then, and need not be given."""
    preset: Preset = "standard"
    budget: Budget = Budget()
    seed: int = Field(0, ge=0, lt=2**31)
    margin: float = Field(0.02, ge=0, le=0.5)
    """Methods closer than this on the metric count as equally good; the simplest of them wins."""

    @property
    def every_model(self) -> tuple[str, ...]:
        """The models that are compared, or the only one."""
        return self.models or (self.model,)

    @model_validator(mode="before")
    @classmethod
    def _first_model(cls, data: Any) -> Any:
        """A list of models says which one is `model`; a list of one is that model alone."""
        if (
            not isinstance(data, dict)
            or not isinstance(named := data.get("models"), list | tuple)
            or not named
        ):
            return data
        if data.get("model", named[0]) != named[0]:
            raise ValueError("model and models name different models: give one of the two fields")
        return data | {"model": named[0], "models": named if len(named) > 1 else ()}

    @field_validator("models")
    @classmethod
    def _different_models(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(models)) < len(models):
            raise ValueError("names a model twice: name each once")
        return models

    @model_validator(mode="after")
    def _one_remote_price(self) -> Self:
        remote = [name for name in self.every_model if is_remote(name)]
        if self.economics.input_per_million is not None and len(remote) > 1:
            raise ValueError(
                f"economics names one price, and {', '.join(remote)} are several remote models: "
                "leave the price out, or measure them one at a time"
            )
        return self

    @field_validator("samples", mode="before")
    @classmethod
    def _enough_samples(cls, samples: Any) -> Any:
        """Counted before any sample is read, so that a million of them cost nothing."""
        if _is_some(samples) and not MIN_SAMPLES <= len(samples) <= MAX_SAMPLES:
            raise ValueError(
                f"has {counted(len(samples), 'sample')}; between {MIN_SAMPLES} and {MAX_SAMPLES} are needed: "
                + ("label more cases" if len(samples) < MIN_SAMPLES else "send a random part of them")
            )
        return samples

    @field_validator("samples")
    @classmethod
    def _enough_inputs(cls, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
        if (inputs := len({normalise(s.input) for s in samples})) < MIN_INPUTS:
            raise ValueError(
                f"has {counted(inputs, 'different input')}; at least {MIN_INPUTS} are needed: label others"
            )
        return samples

    @field_validator("corpus", mode="before")
    @classmethod
    def _some_documents(cls, corpus: Any) -> Any:
        if _is_some(corpus) and not 1 <= len(corpus) <= MAX_DOCUMENTS:
            raise ValueError(
                f"has {len(corpus)} documents; between 1 and {MAX_DOCUMENTS} are allowed: "
                "leave the field out where there are no documents"
            )
        return corpus

    @field_validator("corpus")
    @classmethod
    def _different_ids(cls, corpus: tuple[SourceDocument, ...] | None) -> tuple[SourceDocument, ...] | None:
        for document, count in Counter(d.id for d in corpus or ()).items():
            if count > 1:
                raise ValueError(f"has {count} documents with the id {document!r}: give each its own id")
        return corpus

    @model_validator(mode="after")
    def _labels_cover_outputs(self) -> Self:
        if self.labels is not None:
            known = {label.casefold() for label in self.labels}
            strange = sorted(s.output for s in self.samples if s.output.casefold() not in known)
            if strange:
                raise ValueError(
                    f"labels does not hold the output {strange[0]!r}: add it, or mend the sample"
                )
        return self


def _is_some(things: Any) -> bool:
    """Whether they can be counted; the letters of a text and the fields of an object are not meant."""
    return isinstance(things, Sized) and not isinstance(things, str | dict)


def check(data: Any) -> UseCase:
    """Read a use case from plain data.

    Raises:
        UseCaseError: the first fault, with the path of the field and what to do.

    """
    try:
        return UseCase.model_validate(data)
    except ValidationError as error:
        fault = first_fault(error.errors(), data)
        message = fault.message
        if fault.kind == "extra_forbidden":
            message = f"is not a field of a use case; known are {', '.join(UseCase.model_fields)}"
        raise UseCaseError(fault.where or "use case", message) from None
