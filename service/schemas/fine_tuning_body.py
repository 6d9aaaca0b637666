"""The body of POST /v1/fine_tuning/jobs: OpenAI's fields, and dials of our own for `extra_body`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from finetune.data.codes import CODES
from finetune.gate import BOUND
from finetune.replay import SHARE
from service.errors import InvalidRequest

T = TypeVar("T")
Auto = Annotated[T | None, BeforeValidator(lambda value: None if value == "auto" else value)]
"""A value, or the word auto, which is kept as None."""
MOST_PAIRS = MOST_FILES = 16
METHODS = ("dpo", "reinforcement")
"""OpenAI's methods that this server does not have."""


class Hyperparameters(BaseModel):
    """OpenAI's three dials."""

    model_config = ConfigDict(extra="forbid")

    n_epochs: Auto[int] = Field(None, ge=1, le=1_000)
    batch_size: Auto[int] = Field(None, ge=1, le=100_000)
    learning_rate_multiplier: Auto[float] = Field(None, gt=0, le=1_000)

    def as_told(self) -> dict[str, Any]:
        """In OpenAI's words."""
        return {name: "auto" if value is None else value for name, value in self.model_dump().items()}


class Supervised(BaseModel):
    """Configuration of the only method."""

    model_config = ConfigDict(extra="forbid")

    hyperparameters: Hyperparameters | None = None


class Method(BaseModel):
    """How to train, in OpenAI's words."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["supervised"]
    supervised: Supervised | None = None


class Dials(BaseModel):
    """Our dials; what is left out follows from the model and the data."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["lora", "rslora", "dora", "qlora", "full", "last_layers", "head"] = "lora"
    """Adapters, the model's own weights (all, or those of its last layers), or a head on an encoder."""
    rank: int | None = Field(None, ge=1, le=1_024)
    alpha: float | None = Field(None, gt=0, le=10_000)
    layers: int | None = Field(None, ge=1, le=1_000)
    """How many layers learn, counted from the top."""
    learning_rate: float | None = Field(None, gt=0, le=1)
    batch_tokens: int | None = Field(None, ge=1, le=1_000_000)
    patience: int | None = Field(None, ge=1, le=1_000)
    """Epochs without a better validation result before it stops."""
    long_rows: Literal["refuse", "drop"] | None = None
    precision: Literal["float32", "bfloat16"] | None = None


class Replay(BaseModel):
    """Rows that the parent learned, to be learned again."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(max_length=256)
    share: float = Field(SHARE, gt=0, lt=1)
    """Of all rows."""


class Gate(BaseModel):
    """Rows that `model` answers well and that the new model must not answer worse."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(max_length=256)
    bound: float = Field(BOUND, ge=0, le=1)
    """How far the score may fall."""


class TrainingBody(BaseModel):
    """What is trained from what: also the body of an estimate."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=256)
    training_file: str = Field(max_length=256)
    validation_file: str | None = Field(None, max_length=256)
    seed: int | None = Field(None, ge=0, lt=2**31)
    method: Method | None = None
    hyperparameters: Hyperparameters | None = None
    """OpenAI's older place for them."""
    recipe: Dials = Dials()
    parent_mode: Literal["continue", "stack"] | None = None
    """Where `model` is an adapter: train its weights on, or new ones on top of it."""
    mixture: dict[str, Annotated[float, Field(gt=0, le=1_000_000)]] | None = Field(
        None, min_length=2, max_length=MOST_FILES
    )
    """Weights of several files by id, the training file's own among them."""
    replay: Replay | None = None
    gate: Gate | None = None
    data_may_leave: bool = False
    """Whether the rows may be sent to the server of an `openai:` model."""

    @model_validator(mode="before")
    @classmethod
    def _only_what_there_is(cls, data: Any) -> Any:
        method = data.get("method") if isinstance(data, dict) else None
        if isinstance(method, dict) and method.get("type") in METHODS:
            raise InvalidRequest(
                f"method.type: {method['type']!r} is not supported; use 'supervised'.", "method.type"
            )
        return data

    @model_validator(mode="after")
    def _one_place(self) -> TrainingBody:
        if self.hyperparameters and self.method and self.method.supervised:
            raise InvalidRequest(
                "hyperparameters: they are given twice; give them inside method only.", "hyperparameters"
            )
        if self.mixture and self.training_file not in self.mixture:
            raise InvalidRequest(
                f"mixture: the training file {self.training_file!r} has no weight; give it one too.",
                "mixture",
            )
        if self.recipe.kind == "last_layers" and self.recipe.layers is None:
            raise InvalidRequest(
                "recipe.layers is missing: the kind last_layers needs to know how many.", "recipe.layers"
            )
        if self.recipe.learning_rate and self.dials.learning_rate_multiplier:
            raise InvalidRequest(
                "recipe.learning_rate: give either it or learning_rate_multiplier, not both.",
                "recipe.learning_rate",
            )
        return self

    @property
    def dials(self) -> Hyperparameters:
        """OpenAI's dials, wherever they stand."""
        inner = self.method.supervised.hyperparameters if self.method and self.method.supervised else None
        return inner or self.hyperparameters or Hyperparameters()


class CreateJob(TrainingBody):
    """The body of POST /v1/fine_tuning/jobs."""

    suffix: str | None = Field(None, max_length=64)
    metadata: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]] | None = (
        Field(None, max_length=MOST_PAIRS)
    )
    integrations: Annotated[list[Any], Field(max_length=0)] | None = None
    accept_findings: list[str] = Field([], max_length=100)
    """Codes of a data set's errors to train in spite of; rows that cannot be read are then left out."""

    @model_validator(mode="before")
    @classmethod
    def _no_integrations(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("integrations"):
            raise InvalidRequest(
                "integrations: there are none on this server; leave the field out, and read the metrics "
                "from the job's events or its result file.",
                "integrations",
            )
        return data

    @field_validator("accept_findings")
    @classmethod
    def _known(cls, codes: list[str]) -> list[str]:
        unknown = [code for code in codes if code not in CODES]
        if unknown:
            raise ValueError(f"there is no finding {unknown[0]!r}; docs/datasets.md lists them")
        return codes


class PreviewBody(BaseModel):
    """The body of POST /v1/fine_tuning/preview."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=256)
    training_file: str = Field(max_length=256)
    rows: int = Field(3, ge=1, le=20)
