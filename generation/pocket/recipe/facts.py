"""Questions about passages of invented facts: copy the value, or say that it is not there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from generation.pocket.recipe.episode import Copy, Episode, Turn, episode
from generation.pocket.recipe.statements import statement
from generation.pocket.recipe.words import Vocabulary
from generation.prompts import UNKNOWN, Passage, render

HELD_OUT_SENTENCES = (
    "the records of {e} list its {a} as {v}",
    "as for {e}, its {a} is known to be {v}",
    "the current {a} at {e} is {v}",
)
SIMPLE_SENTENCES = ("The {a} of {e} is {v}.", "{e} has the {a} {v}.", "{e}'s {a} is {v}.")
SIMPLE_QUESTIONS = ("What is the {a} of {e}?", "What is {e}'s {a}?", "Which {a} does {e} have?")
QUESTIONS = (
    "What is the {a} of {e}?",
    "What is {e}'s {a}?",
    "Which {a} does {e} have?",
    "{e}: what is the {a}?",
    "Can you tell me the {a} of {e}?",
    "For {e}, what is the {a}?",
    "Please give the {a} for {e}.",
    "I need to know the {a} at {e}",
    "What was the {a} of {e}?",
    "the {a} at {e}?",
    "Name the {a} for {e}.",
    "Could someone look up {e}'s {a}?",
    "When I look at {e}, what {a} will I see?",
    "Has {e} got a {a}, and which?",
    "What do we know about the {a} of {e}?",
    "{e} {a}",
)
HELD_OUT_QUESTIONS = ("Do you know the {a} of {e}?", "What {a} is used for {e}?", "Tell us {e}'s {a}.")
INSTRUCTIONS = (
    "Answer questions about our records.",
    "Readers ask short questions. Answer with the few words that state the fact.",
    "Give a short answer in the words of the document.",
    "Our staff ask about the handbook.",
    "Answer the customer's question.",
    "",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """An attribute of an entity and its value."""

    entity: str
    attribute: str
    value: str

    @property
    def hidden(self) -> Fact:
        """The same fact where no passage tells it."""
        return replace(self, value=UNKNOWN)


def pairs(rng: Random) -> Episode:
    """The very first lesson: frequent words stand for each other; nothing but looking up."""
    words = Vocabulary(rng)
    drawn = rng.sample(words.nouns[:800], 2 * rng.randint(2, 7))
    known = list(zip(drawn[::2], drawn[1::2], strict=True))
    form = rng.choice(["{} is {}.", "{}: {}.", "the {} has {}."])
    text = " ".join(form.format(key, value) for key, value in known)
    turns = [
        Turn(f"What is {key}?", value, (Copy(value, (key,)),)) for key, value in rng.sample(known, len(known))
    ]
    opening = render("", turns[0].asked, passages=[Passage("", text)])
    return episode("pairs", opening, turns)


def simple_questions(rng: Random, *, longest: int = 5) -> Episode:
    """The first lesson: few forms, one-word entities, short values, every fact asked for."""
    words = Vocabulary(rng)
    shared = words.nouns_apart(rng.randint(1, 2))
    names = (
        words.nouns_apart(rng.randint(2, longest)) if rng.random() < 0.6 else [words.name() for _ in range(3)]
    )
    facts = [Fact(e, a, words.short_value()) for e in dict.fromkeys(names) for a in shared]
    rng.shuffle(facts)
    text = " ".join(_filled(rng.choice(SIMPLE_SENTENCES), f) for f in facts)
    asked = rng.sample(facts, min(6, len(facts)))
    turns = [turn(_filled(rng.choice(SIMPLE_QUESTIONS), f), f) for f in asked]
    if rng.random() < 0.4:
        stranger = Fact(words.noun(), rng.choice(shared), UNKNOWN)
        turns[-1] = turn(_filled(rng.choice(SIMPLE_QUESTIONS), stranger), stranger)
    opening = render(rng.choice(INSTRUCTIONS), turns[0].asked, passages=[Passage("", text)])
    return episode("questions", opening, turns)


def draw_facts(words: Vocabulary, entities: int, attributes: int) -> list[Fact]:
    """Facts about `entities` things that share the same `attributes`, so both must be matched."""
    shared = words.nouns_apart(attributes)
    draw = words.rng.choice([words.name, words.name, words.person, words.thing, words.things])
    names = [draw() for _ in range(entities)]
    return [Fact(e, a, words.value()) for e in dict.fromkeys(names) for a in shared]


def questions(
    rng: Random, held_out: bool = False, *, easy: bool = True, longest: int = 6, dense: int = 6
) -> Episode:
    """A passage of up to `longest` facts, then up to `dense` questions; one in six has no answer."""
    words = Vocabulary(rng, held_out)
    wanted = rng.randint(2, longest)
    per_entity = rng.randint(1, 2)
    facts = draw_facts(words, -(-wanted // per_entity), per_entity)
    hidden = [
        *(f.hidden for f in facts[wanted:]),
        Fact(words.name(), facts[0].attribute, UNKNOWN),
        Fact(facts[0].entity, words.noun(), UNKNOWN),
    ]
    shown = facts[:wanted]
    rng.shuffle(shown)
    text = " ".join(state(rng, f, held_out, easy=easy) for f in shown)
    asked = rng.sample(shown, min(dense, len(shown)))
    asked = [rng.choice(hidden) if rng.random() < 0.17 else f for f in asked]
    turns = [ask(rng, f, held_out) for f in asked]
    passages = _split(rng, text, words)
    opening = render(rng.choice(INSTRUCTIONS), turns[0].asked, passages=passages)
    return episode("questions", opening, turns)


def unanswerable(rng: Random, held_out: bool = False, *, dense: int = 5) -> Episode:
    """Up to `dense` questions, one for an attribute that is told of others but not of its entity."""
    words = Vocabulary(rng, held_out)
    facts = draw_facts(words, rng.randint(2, 4), rng.randint(1, 3))
    missing = facts.pop(rng.randrange(len(facts)))
    rng.shuffle(facts)
    text = " ".join(state(rng, f, held_out, easy=True) for f in facts)
    asked = [missing.hidden, *rng.sample(facts, min(len(facts), dense - 1))]
    rng.shuffle(asked)
    turns = [ask(rng, f, held_out) for f in asked]
    opening = render(rng.choice(INSTRUCTIONS), turns[0].asked, passages=[Passage("", text)])
    return episode("unknown", opening, turns)


def state(rng: Random, fact: Fact, held_out: bool, *, easy: bool = False) -> str:
    """A sentence that says the fact; an easy one names the value last."""
    if held_out:
        return _said(rng.choice(HELD_OUT_SENTENCES) + ".", fact)
    return _said(statement(rng, value_last=easy) + ".", fact)


def ask(rng: Random, fact: Fact, held_out: bool) -> Turn:
    """A question for the fact's value, and that value."""
    forms = HELD_OUT_QUESTIONS if held_out else QUESTIONS
    return turn(_said(rng.choice(forms), fact), fact)


def turn(asked: str, fact: Fact) -> Turn:
    """The value, found by entity and attribute."""
    return Turn(asked, fact.value, (Copy(fact.value, (fact.entity, fact.attribute)),))


def _split(rng: Random, text: str, words: Vocabulary) -> list[Passage]:
    """The text as one passage, or cut after a sentence into two with titles."""
    cut = text.find(". ", len(text) // 2)
    if cut < 0 or rng.random() < 0.5:
        return [Passage(words.name() if rng.random() < 0.3 else "", text)]
    return [Passage(words.noun(), text[: cut + 1]), Passage(words.noun(), text[cut + 2 :])]


def _said(form: str, fact: Fact) -> str:
    text = _filled(form, fact)
    return text[0].upper() + text[1:]


def _filled(form: str, fact: Fact) -> str:
    return form.format(e=fact.entity, a=fact.attribute, v=fact.value)
