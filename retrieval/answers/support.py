"""Which sentences of the passages support an answer: found by its words, whatever its writer says.

Words that stand in few sentences count more. Word order counts through pairs of neighbours. Blind to
meaning: a paraphrase without shared words finds no support, and a denial of a sentence finds some.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from generation.words import words_of
from retrieval.answers.sentences import sentence_spans
from retrieval.embedder import Span

ENOUGH = 0.5
"""The least share of a sentence of the answer that must stand in the passages for it to be cited."""
GAIN = 0.25
"""What a further quote must add to that share."""
MOST_QUOTES = 3
RELEVANCE_WEIGHT = 0.3
"""How much words of the question decide between quotes."""
PAIR_WEIGHT = 0.3
"""What a pair of words counts beside a word: nearly all pairs are rare."""
_REFERENCE = re.compile(r"\[\d+\]")
"""What models write after the number of a passage in the prompt; it says nothing, and may be wrong."""
Units = Counter[Hashable]


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage."""

    passage: int
    span: Span
    """In the passage's text."""
    units: frozenset[Hashable]
    """Its words and pairs of words, those of the passage's title included."""


@dataclass(frozen=True, slots=True)
class Support:
    """What supports one sentence of an answer."""

    span: Span
    """Of the sentence, in the answer."""
    share: float
    """How much of it stands in the quotes, 0 to 1."""
    relevance: float
    """How much of the question stands in the best quote, 0 to 1."""
    quotes: tuple[Quote, ...]
    """Best first; empty where nothing supports it."""


class Grounds:
    """The sentences of some passages, ready to support answers to one question.

    Args:
        question: what was asked.
        passages: titles and texts.

    """

    def __init__(self, question: str, passages: Sequence[tuple[str, str]]) -> None:
        self.quotes = [quote for i, (title, text) in enumerate(passages) for quote in _quotes(i, title, text)]
        self._holders = Counter(unit for quote in self.quotes for unit in quote.units)
        asked = Counter[Hashable](dict.fromkeys(words_of(question), 1))
        self._known: dict[str, tuple[float, tuple[Quote, ...]]] = {}
        self._relevance = {id(quote): self._share(asked, quote.units) for quote in self.quotes}

    def support(self, answer: str) -> list[Support]:
        """What supports each sentence of an answer; one that was asked for before costs nothing."""
        return [self._supported(answer[slice(*span)], span) for span in sentence_spans(answer)]

    def quote_at(self, passage: int, start: int) -> Quote | None:
        """The sentence of a passage that a place lies in."""
        here = (quote for quote in self.quotes if quote.passage == passage)
        return next((quote for quote in here if quote.span[0] <= start < quote.span[1]), None)

    def relevance(self, quote: Quote) -> float:
        """How many of the question's words stand in a quote, 0 to 1."""
        return self._relevance[id(quote)]

    def _supported(self, sentence: str, span: Span) -> Support:
        if sentence not in self._known:
            self._known[sentence] = self._align(_units(sentence))
        share, chosen = self._known[sentence]
        if share < ENOUGH:
            return Support(span, share, 0.0, ())
        return Support(span, share, self.relevance(chosen[0]), chosen)

    def _align(self, wanted: Units) -> tuple[float, tuple[Quote, ...]]:
        """The share of some words that few quotes hold together, and these quotes."""
        chosen, share = list[Quote](), 0.0
        have: frozenset[Hashable] = frozenset()
        while self.quotes and len(chosen) < MOST_QUOTES and share < 1:
            best = max(self.quotes, key=lambda quote: self._worth(wanted, have, quote))
            more = self._share(wanted, have | best.units)
            if more < share + GAIN:
                break
            chosen.append(best)
            have, share = have | best.units, more
        return share, tuple(chosen)

    def _worth(self, wanted: Units, have: frozenset[Hashable], quote: Quote) -> float:
        return self._share(wanted, have | quote.units) + RELEVANCE_WEIGHT * self.relevance(quote)

    def _share(self, wanted: Units, have: frozenset[Hashable]) -> float:
        weights = {unit: self._weight(unit) * count for unit, count in wanted.items()}
        total = sum(weights.values())
        return sum(weight for unit, weight in weights.items() if unit in have) / total if total else 0.0

    def _weight(self, unit: Hashable) -> float:
        """Inverse document frequency over sentences, as BM25 has it (Robertson & Zaragoza 2009)."""
        holders = self._holders[unit]
        rarity = math.log(1 + (len(self.quotes) - holders + 0.5) / (holders + 0.5))
        return rarity if isinstance(unit, str) else PAIR_WEIGHT * rarity


def _quotes(number: int, title: str, text: str) -> list[Quote]:
    heading = _units(title)
    spans = sentence_spans(text)
    return [Quote(number, span, frozenset(_units(text[slice(*span)]) | heading)) for span in spans]


def _units(text: str) -> Units:
    words = words_of(_REFERENCE.sub(" ", text))
    return Counter[Hashable](words) + Counter[Hashable](pairwise(words))
