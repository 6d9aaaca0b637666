"""Prompt optimisation: wordings and demonstrations race inside the train fold, the best prompt is kept.

They race by successive halving, as in CAPO (Zehle et al. 2025); the wordings are a stated list, not written
by a model (docs/decisions/0070-searching-for-a-prompt.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from advisor.errors import Cancelled
from advisor.methods.few_shot import draw
from advisor.methods.method import Family, Situation, Training, needs_model, needs_time
from advisor.plan import Plan
from advisor.use_case import Preset, Sample

WORDINGS = (
    "{}",
    "{}\nGive the answer alone, without any explanation.",
    "{}\nThe examples show exactly what an answer looks like; answer the last one in the same way.",
    "Read the input to its end before you answer.\n{}",
)
"""Around the description of the use case."""
SHOTS = (8, 0, 4, 8, 16)
"""Demonstrations of a prompt, drawn anew each time; the first ones under the plain wording always race."""
PROMPTS: dict[Preset, int] = {"quick": 0, "standard": 8, "thorough": 16}
"""That race."""
BLOCK, ROUNDS = 12, 3
"""Samples that those who are left answer before half of them leave, and how often."""


class PromptSearch:
    """Show the wording and the demonstrations that answered held-out training samples best."""

    name = "prompt-search"
    family: Family = "prompting"
    learns = True
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a model that may see the data, and answers that do not stand in documents."""
        if situation.has_corpus and situation.task.kind != "labels":
            return "the answers stand in documents, which the prompts that it tries do not show"
        return needs_model(situation) or needs_time(situation)

    def prepare(self, training: Training) -> Plan:
        """Race the prompts on one part of the train fold; they show the other part.

        Raises:
            Cancelled: `training.cancelled` turned true on the way.

        """
        order = Random(training.seed).sample(list(training.examples), len(training.examples))  # noqa: S311
        judged = order[: _judged(len(order))]
        return _race(training, _prompts(training, order[len(judged) :]), judged)


def race_answers(preset: Preset, learned: int) -> int:
    """Answers that a race on so many samples takes: all prompts on a block, half of them on the next."""
    judged = _judged(learned)
    blocks = [min(BLOCK, judged - begin) for begin in range(0, judged, BLOCK)]
    return sum(block * -(-PROMPTS[preset] >> round_) for round_, block in enumerate(blocks))


def _judged(learned: int) -> int:
    """Samples that the race is held on; the others are shown."""
    return min(BLOCK * ROUNDS, learned // 2)


def _prompts(training: Training, pool: Sequence[Sample]) -> list[Plan]:
    """The plain wording with the first demonstrations, and others drawn from all combinations."""
    task, rng = training.situation.task, Random(training.seed)  # noqa: S311 - a draw, not a secret
    shown = [draw(pool, shots, task.kind == "labels", rng.randrange(2**31)) for shots in SHOTS]
    usual, *others = [(wording, some) for wording in WORDINGS for some in shown]
    chosen = [usual, *rng.sample(others, PROMPTS[training.situation.preset] - 1)]
    told = [(wording.format(task.instruction), some) for wording, some in chosen]
    return [training.plan(PromptSearch.name, instruction=i, demonstrations=some) for i, some in told]


def _race(training: Training, prompts: Sequence[Plan], judged: Sequence[Sample]) -> Plan:
    """Let all answer a block of samples, the better half the next one, and so on."""
    from advisor.answering import Answerer, where_fitting  # loads what `why_not` needs not

    score, tools = training.situation.task.metric.score, training.workbench
    racing = [(Answerer(plan, training.folder, tools), list[str]()) for plan in prompts]
    for end in range(BLOCK, len(judged) + BLOCK, BLOCK):
        wanted = [sample.output for sample in judged[:end]]
        for answerer, said in racing:
            if training.cancelled():
                raise Cancelled("stopped on request; finished trials are kept")
            block = [sample.input for sample in judged[end - BLOCK : end]]
            said += [answer.text if answer else "" for answer in where_fitting(answerer.answer, block)]
        racing.sort(key=lambda one: score(one[1], wanted), reverse=True)
        racing = racing[: -(-len(racing) // 2)]
    return racing[0][0].plan
