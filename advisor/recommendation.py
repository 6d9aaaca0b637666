"""The result: what was measured, what is recommended, and how sure that is. Serialised as report.json."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from advisor.audit import Finding
from advisor.cascade import Cascade
from advisor.decision import Confidence, Verdict
from advisor.label_advice import Outlook
from advisor.learning_curves import Curve
from advisor.use_case import Constraints, Economics, Preset

Condition = Literal[
    "margin",
    "max_latency_seconds",
    "max_cost_per_1000",
    "quality_floor",
    "knowledge_changes",
    "monthly_volume",
]


class Part(BaseModel):
    """Plain, frozen data."""

    model_config = ConfigDict(frozen=True)


class Row(Part):
    """One measured method."""

    method: str
    family: str
    score: float
    interval: tuple[float, float]
    deficit: float
    """Score of the leader minus this score."""
    deficit_interval: tuple[float, float]
    p_best: float | None
    """None for an excluded method."""
    p_within_margin: float | None
    p_may_be_best: float | None
    """Of the model confidence set: above 0.1 it may be the best one."""
    p_holm: float
    """How often its deficit comes by chance, made honest for having looked at several methods."""
    expected_loss: float
    """What it loses to the best on average; below 0 for an excluded method that is better."""
    cost_per_1000: float | None
    once_cost: float
    """Training, indexing and labels."""
    break_even: float | None
    """Requests a month at which it costs as much as the recommended method; None where it never does."""
    monthly_cost: float | None
    """At the given volume, with what is paid once spread over its lifetime."""
    prepare_seconds: float
    p50_seconds: float
    p95_seconds: float
    prompt_tokens: float
    completion_tokens: float
    excluded: str | None
    """The constraint that it breaks."""
    caution: str | None = None
    """A constraint that it may break; the measurement does not settle it."""
    dropped: str | None = None
    """Why it left the race; its score is then its lead over the best one where both answered, on top of that
    one's score."""
    too_long: int = 0
    """Samples that do not fit the model's context window: scored as an empty answer."""
    unlearned: int = 0
    """Training samples of the largest such fold that do not fit either, and are not learned from."""


class Case(Part):
    """One sample with every method's answer."""

    number: int
    """As handed in, from 1."""
    input: str
    reference: str
    outputs: dict[str, str]
    scores: dict[str, float]


class Flip(Part):
    """With this value of the condition, and all else as it is, another method is recommended."""

    condition: Condition
    value: float | str
    then: str
    message: str


class Retrieval(Part):
    """Samples by whether a method was shown a document that holds the answer, and whether it was right."""

    method: str
    shown_right: int
    shown_wrong: int
    missed_right: int
    missed_wrong: int


class Confirmed(Part):
    """One method on samples that took no part in choosing."""

    method: str
    score: float
    interval: tuple[float, float]


class Confirmation(Part):
    """What samples say that had no say."""

    samples: int
    methods: tuple[Confirmed, ...]
    """The recommended one, then the next best one if that was asked too."""
    lead_interval: tuple[float, float] | None
    """Of the first over the second."""
    constant_score: float
    """Of the answer that is always the same."""
    message: str


class Recommendation(Part):
    """A measured recommendation."""

    name: str
    description: str
    cascade: Cascade | None = None
    """What its two methods are, where one was made of what was measured."""
    status: Literal["complete", "partial"]
    """`partial` when measuring was stopped: the samples are those that all its methods answered."""
    stopped: str | None = None
    """Why measuring was stopped: on request, or which budget was spent."""
    verdict: Verdict
    recommended: str | None
    confidence: Confidence | None
    """None where nothing is recommended."""
    sentence: str
    """The advice in words."""
    winner_score: float | None
    """What choosing the simplest method within the margin of the best really yields (BBC-CV)."""
    winner_interval: tuple[float, float] | None
    labels_needed: int | None
    """Samples after which an undecided verdict would settle, if the scores stayed as they are."""
    outlooks: tuple[Outlook, ...] = ()
    """What the choice would lose on average after more samples."""
    curves: tuple[Curve, ...] = ()
    """What methods score by the samples that they learn from, measured and forecast."""
    detectable: float | None = None
    """The smallest true lead over the next method that so many samples would show in four of five cases."""
    flips: tuple[Flip, ...] = ()
    """What would change the advice."""
    knowledge_share: float | None = None
    """What searching the documents gains over the best method that does not: how much of the answers stands
    there. None where there are none, or only labels are asked for."""
    constant_answer: str
    """Whoever always says this, without reading the input, gets `constant_score`."""
    constant_score: float
    rows: tuple[Row, ...]
    """The method to be preferred first: the simplest, or the cheapest."""
    retrievals: tuple[Retrieval, ...] = ()
    """Of the methods that show documents, where answers are short."""
    not_run: dict[str, str]
    """Method -> why it could not be measured."""
    failed: tuple[str, ...] = ()
    """Those of `not_run` that apply to the use case, and failed while they were measured."""
    dropped: tuple[str, ...] = ()
    """Those of `not_run` that left the race, since they could hardly win any more; they have rows too."""
    cases: tuple[Case, ...]
    audit: tuple[Finding, ...] = ()
    """What is odd about the samples."""
    kind: str
    metric: str
    margin: float
    samples: int
    given_samples: int
    locked: int = 0
    """Of these, how many took no part in choosing."""
    confirmation: Confirmation | None = None
    """What the recommended method scores on them."""
    documents: int
    folds: int
    model: str
    models: tuple[str, ...] = ()
    """All of them, where several are compared."""
    preset: Preset
    seed: int
    constraints: Constraints
    economics: Economics
    currency: str
    prices_as_of: str
    """Day on which the list prices were noted."""
    own_prices: bool
    """Some prices are the use case's own."""
    seconds: float
    """Computing time of all trials."""
