"""Long prompts, as a search fills them: passages of real prose, of which a sentence or two matter."""

from __future__ import annotations

from random import Random

from generation.pocket.recipe import facts, prose
from generation.pocket.recipe.episode import Episode, episode
from generation.pocket.recipe.words import Vocabulary
from generation.prompts import Passage, render


def facts_in_prose(rng: Random, held_out: bool = False, *, dense: int = 5) -> Episode:
    """Invented facts stand among real sentences; one question in six has no answer."""
    words = Vocabulary(rng, held_out)
    known = facts.draw_facts(words, rng.randint(2, 4), rng.randint(1, 2))
    hidden, shown = known[:1], known[1:]
    passages = _passages(rng, held_out, [facts.state(rng, f, held_out) for f in shown])
    asked = rng.sample(shown, min(dense, len(shown)))
    turns = [facts.ask(rng, f, held_out) for f in asked]
    if rng.random() < 0.4:
        turns[rng.randrange(len(turns))] = facts.ask(rng, hidden[0].hidden, held_out)
    opening = render(rng.choice(facts.INSTRUCTIONS), turns[0].asked, passages=passages)
    return episode("needles", opening, turns)


def cloze_in_prose(rng: Random, held_out: bool = False, *, dense: int = 3) -> Episode:
    """Questions that repeat a real sentence but for a few words, with other passages around it."""
    sentences: list[str] = []
    while len(sentences) < dense:
        sentences += prose.pick(rng, held_out)
    asked = rng.sample(sentences, rng.randint(1, dense))
    turns = [prose.gap(rng, s) for s in asked]
    if rng.random() < 0.25:
        turns[-1] = prose.stranger(rng, held_out)
    opening = render(rng.choice(facts.INSTRUCTIONS), turns[0].asked, passages=_passages(rng, held_out, asked))
    return episode("needles", opening, turns)


def _passages(rng: Random, held_out: bool, needles: list[str]) -> list[Passage]:
    """Two or three passages of a few real sentences each; every needle stands somewhere among them."""
    texts = [_few_sentences(rng, held_out) for _ in range(rng.randint(2, 3))]
    for needle in needles:
        home = rng.choice(texts)
        home.insert(rng.randint(0, len(home)), needle)
    words = Vocabulary(rng, held_out)
    return [Passage(words.phrase() if rng.random() < 0.6 else "", " ".join(text)) for text in texts]


def _few_sentences(rng: Random, held_out: bool) -> list[str]:
    sentences: list[str] = []
    while len(sentences) < 2:
        sentences += prose.pick(rng, held_out)
    return sentences[: rng.randint(2, 5)]
