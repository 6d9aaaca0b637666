"""Labels by example: solved cases in the conversation say what each label means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from generation.pocket.recipe.episode import Copy, Episode, Turn, episode
from generation.pocket.recipe.words import Vocabulary, categories, is_held_out
from generation.prompts import render

INSTRUCTIONS = (
    "Label each message.",
    "Sort the requests into queues.",
    "Every ticket goes to one team. Name the team.",
    "Say which category the text belongs to.",
    "We tag each sentence with one topic.",
    "Decide which code fits the message.",
    "",
)
FRAMES = (
    "My {0} has a problem with the {1}.",
    "Can you help me with {0} and {1}?",
    "I would like to ask about the {0}, please, and the {1}.",
    "The {0} did not arrive, but the {1} did.",
    "{0} {1}",
    "We saw a {0} near the {1} yesterday.",
    "Is it possible to change my {0}? The {1} is wrong.",
    "There is something about {0} that reminds me of {1}.",
    "Please send the {0}.  I also need a {1}.",
    "why does the {0} need a {1}",
    "{0}, then {1}, and nothing else",
    "They told me that the {0} comes after the {1}",
    "Do you sell a {0} without {1}?",
    "I cannot find the {0}; only the {1} is here.",
    "Where can we see the {0} or the {1}?",
    "After the {0} we would like some {1}.",
)
HELD_OUT_FRAMES = (
    "How do I get a new {0} for the {1}?",
    "Our {0} is late and nobody told us about the {1}.",
    "thanks for the {0}, but where is the {1}",
)


Case = Callable[[str], tuple[str, Sequence[str]]]
"""Draws a case of a label: its text, and those of its words that tell the label."""


def by_keywords(rng: Random, held_out: bool = False, *, labels: int = 0, shots: int = 0) -> Episode:
    """Topics are sets of words; each case mentions words of its topic in a neutral frame."""
    words = Vocabulary(rng, held_out)
    count = labels or rng.randint(2, 5)
    size = rng.randint(2, 5) if not held_out else 3
    drawn = words.nouns_apart(count * size)
    topics = {name: drawn[i * size : (i + 1) * size] for i, name in enumerate(_names(words, count))}
    frames = HELD_OUT_FRAMES if held_out else FRAMES

    def case(label: str) -> tuple[str, Sequence[str]]:
        pair = rng.sample(topics[label], 2)
        return rng.choice(frames).format(*pair), pair

    return _conversation(rng, "labels", list(topics), case, shots)


def by_meaning(rng: Random, held_out: bool = False, *, labels: int = 0, shots: int = 0) -> Episode:
    """Topics are WordNet categories; each case is a kind of it, by name or by gloss."""
    words = Vocabulary(rng, held_out)
    known = sorted(name for name in categories() if is_held_out(name) == held_out)
    picked = rng.sample(known, labels or rng.randint(2, 4))
    opaque = rng.random() < 0.3
    topics = {words.code() if opaque else name: categories()[name] for name in picked}
    show_gloss = rng.random() < 0.5

    def case(label: str) -> tuple[str, Sequence[str]]:
        sense = rng.choice(topics[label])
        return (f"{sense.lemma}: {sense.gloss}"[:120] if show_gloss else sense.lemma), ()

    return _conversation(rng, "meaning", list(topics), case, shots)


def _names(words: Vocabulary, count: int) -> list[str]:
    draw = words.rng.choice([words.noun, words.code, words.name])
    names: list[str] = []
    while len(names) < count:
        if (name := draw()) not in names:
            names.append(name)
    return names


def _conversation(rng: Random, skill: str, labels: list[str], case: Case, shots: int) -> Episode:
    """Shuffled shots of every label, then queries; what cannot be known yet is shown but not taught."""
    order = labels * (shots or rng.randint(1, 3))
    rng.shuffle(order)
    queries = [rng.choice(labels) for _ in range(1 if shots else rng.randint(3, 6))]
    seen: dict[str, set[str]] = {}
    turns = []
    for label in order + queries:
        text, keywords = case(label)
        known = [word for word in keywords if word in seen.get(label, ())]
        taught = bool(known) if keywords else label in seen
        turns.append(Turn(text, label, (Copy(label, tuple(known)),), taught))
        seen.setdefault(label, set()).update(keywords)
    listed = labels if shots or rng.random() < 0.7 else []
    opening = render(rng.choice(INSTRUCTIONS), turns[0].asked, labels=sorted(listed))
    return episode(skill, opening, turns)
