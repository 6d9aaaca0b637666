"""From kept tensors to what the adviser knows of other tasks, and how far that carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from advisor.experience import PRECISE, Experience, Kind, Past, Spread, kind_of
from advisor.prior import angle
from advisor.resampling import Draws
from advisor.scoring import Floats
from benchmarks.advisorbench.tensors import About, Tensor

DOUBT = 1.0
"""How far a spread may lie from what is assumed of it, before anything is measured: a factor of e, mostly."""
NEARLY = 1e-4
"""Share of the likelihood whose gain is not worth another step."""

FAMILY = {
    "assistant_queue_codes": "intents",
    "bank_customer_intent": "intents",
    "linux_forum_intents": "intents",
    "caption_entailment": "judgements",
    "comment_emotion": "judgements",
    "product_review_sentiment": "judgements",
    "sms_spam_filter": "judgements",
    "coronavirus_research_qa": "knowledge",
    "encyclopedia_article_qa": "knowledge",
    "general_trivia": "knowledge",
    "health_faq_answers": "knowledge",
    "restaurant_booking_slots": "writing",
    "school_math_problems": "writing",
    "spoken_question_cleanup": "writing",
    "venue_descriptions": "writing",
}
"""A task that is not here belongs to the family of its kind of output."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One customer: what was measured, and what it came to in use."""

    about: About
    strata: Sequence[str]
    """Of each sample."""
    measured: Floats
    """Angle of each method's score on the samples."""
    errors: Floats
    """Covariance of those."""
    in_use: Mapping[str, float]
    """Method -> score on the test lines."""

    @property
    def kind(self) -> Kind:
        """Of the task."""
        return kind_of(self.about.kind == "label", self.about.corpus)


def family_of(about: About) -> str:
    """Tasks that are alike: none is judged by what the others of its family teach."""
    return FAMILY.get(about.task, about.kind)


def compared(tensor: Tensor, draws: Draws) -> Compared:
    """The customer's draws beside its test lines."""
    angles = angle(np.array([draws.scores[name] for name in tensor.samples]))
    value, lines = tensor.metric.value, tensor.test
    return Compared(
        about=tensor.about,
        strata=[str(stratum) for stratum in tensor.constant.stratum],
        measured=angles.mean(axis=1),
        errors=np.atleast_2d(np.cov(angles)),
        in_use={name: float(value(lines[name].columns.sum(axis=0))) for name in tensor.samples},
    )


def learned(customers: Sequence[Compared]) -> Experience:
    """What these customers teach: scores in use, and the spread that makes them likeliest.

    Each customer's, given what was measured of it and the other tasks; every task counts once.
    """
    tasks = {task: _past(task, customers) for task in dict.fromkeys(c.about.task for c in customers)}
    times, model = Counter(c.about.task for c in customers), customers[0].about.model if customers else ""
    start = np.log([*Spread().model_dump().values()])

    def told(logs: Floats, tasks: Iterable[Past]) -> Experience:
        spread = Spread(**dict(zip(Spread.model_fields, np.exp(logs).tolist(), strict=True)))
        return Experience(model=model, tasks=tuple(tasks), spread=spread)

    def unlikely(logs: Floats) -> float:
        found = ((logs - start) ** 2).sum() / (2 * DOUBT**2)
        for task in tasks:
            others = told(logs, (past for name, past in tasks.items() if name != task))
            mine = [c for c in customers if c.about.task == task]
            found -= sum(_likelihood(one, others) for one in mine) / times[task]
        return float(found)

    best = minimize(unlikely, start, method="L-BFGS-B", options={"ftol": NEARLY}).x
    return told(best, tasks.values())


def _past(task: str, customers: Sequence[Compared]) -> Past:
    """Means over the draws."""
    mine = [c for c in customers if c.about.task == task]
    scores = {}
    for n in sorted({c.about.n for c in mine}):
        drawn = [c.in_use for c in mine if c.about.n == n]
        names = [name for name in drawn[0] if all(name in one for one in drawn)]
        scores[n] = {name: round(float(np.mean([one[name] for one in drawn])), 4) for name in names}
    return Past(task=task, kind=mine[0].kind, scores=scores)


def _likelihood(one: Compared, others: Experience) -> float:
    """Of the scores in use of one customer, as a logarithm."""
    prior = others.prior(list(one.in_use), one.kind, one.about.n, one.strata, [one.about.model])
    mean, covariance = prior.after(one.measured, one.errors)
    in_use = angle(np.array(list(one.in_use.values())))
    around = covariance + PRECISE**2 * np.eye(len(mean))
    return float(multivariate_normal.logpdf(in_use, mean, around))
