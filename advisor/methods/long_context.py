"""Long context: the whole corpus stands in every prompt; nothing is searched.

Li et al. 2024, "Retrieval Augmented Generation or Long-Context LLMs?".
"""

from __future__ import annotations

from advisor.errors import DoesNotApply
from advisor.methods.method import Family, Situation, Training, needs_corpus, needs_model, needs_time
from advisor.plan import Plan
from advisor.use_case import Preset
from generation.errors import ContextTooLongError

MOST_WORDS: dict[Preset, int] = {"quick": 0, "standard": 5_000, "thorough": 100_000}
"""Of the corpus, since every question reads all of it."""


class LongContext:
    """Show every document of the corpus."""

    name = "long-context"
    family: Family = "retrieval"
    learns = False
    asks_model = True

    def why_not(self, situation: Situation) -> str | None:
        """It needs a small corpus, and a model that may see the data."""
        most = MOST_WORDS[situation.preset]
        if reason := needs_corpus(situation) or needs_model(situation) or needs_time(situation):
            return reason
        if situation.corpus_words > most:
            return (
                f"the corpus has {situation.corpus_words:,} words, and every prompt would hold them all: "
                f"the {situation.preset} preset stops at {most:,}"
            )
        return None

    def prepare(self, training: Training) -> Plan:
        """Nothing is learned; whether the corpus fits is seen with the model's own tokens.

        Raises:
            DoesNotApply: the corpus and a sample are longer than the model's context window.

        """
        from advisor.answering import Answerer  # whoever only asks `why_not` must not load it

        plan = training.plan(self.name, whole_corpus=True)
        answerer = Answerer(plan, training.folder, training.workbench, training.corpus)
        shortest = min((s.input for s in training.examples), key=len)
        try:
            answerer.conversations([shortest])
        except ContextTooLongError as error:
            raise DoesNotApply(f"the corpus does not fit the model's context window ({error})") from error
        return plan
