"""Fields of a message as a flat JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

from generation.pocket.recipe.episode import Copy, Episode, Turn, episode
from generation.pocket.recipe.statements import clause
from generation.pocket.recipe.words import Vocabulary
from generation.prompts import render

HELD_OUT_CLAUSES = ("the {k} would be {v}", "put {v} as {k}", "for {k} take {v}")
OPENINGS = ("Hello, ", "Hi there. ", "", "", "Guest: ", "Thanks for the call, ", "Good morning! ")
CLOSINGS = (".", ". Thank you!", ", please.", ". See you soon.", "")


def fields(rng: Random, held_out: bool = False, *, easy: bool = False, dense: int = 4) -> Episode:
    """Messages that give some of the named fields; the answer holds those, in the order of the request."""
    words = Vocabulary(rng, held_out)
    keys = [k if rng.random() < 0.7 else f"{k}_{words.noun()}" for k in words.nouns_apart(rng.randint(2, 5))]

    def say() -> str:
        return rng.choice(HELD_OUT_CLAUSES) if held_out else clause(rng, value_last=easy)

    turns = [_message(words, keys, say) for _ in range(rng.randint(1, dense))]
    ask = rng.choice(
        [
            "Return JSON with the keys {}; leave out keys that are not given.",
            "We need the details as JSON with the keys {}, copied as written.",
            "Extract {} as a JSON object.",
            "Fill the form. Fields: {}. Answer in JSON.",
        ]
    )
    opening = render(ask.format(", ".join(keys)), turns[0].asked)
    return episode("json", opening, turns)


def _message(words: Vocabulary, keys: list[str], say: Callable[[], str]) -> Turn:
    rng = words.rng
    most = 0 if rng.random() < 0.05 else rng.randint(1, 4)
    chosen = set(rng.sample(keys, min(most, len(keys))))
    values = {key: words.value() for key in keys if key in chosen}
    said = [say().format(k=k.replace("_", " "), v=v) for k, v in values.items()]
    rng.shuffle(said)
    joined = rng.choice([", ", " and ", ". "]).join(said) if said else words.phrase()
    text = rng.choice(OPENINGS) + joined + rng.choice(CLOSINGS)
    copies = [c for k, v in values.items() for c in (Copy(k), Copy(v, tuple(k.split("_"))))]
    return Turn(text, json.dumps(values, ensure_ascii=False), tuple(copies))
