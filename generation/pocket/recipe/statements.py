"""Forms of sentences that state a fact: put together at random, so that no form can be learned by heart.

Half of the words of a form come from lists, half are any verb, adjective or noun: what a sentence
says of an entity has to be found by its entity and attribute, whatever stands between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from generation.pocket.recipe.words import common, common_nouns

_LEADS = (
    "as we noted, ",
    "since spring ",
    "in short, ",
    "for now ",
    "officially, ",
    "today ",
    "once more: ",
    "it is true that ",
    "note that ",
    "we hear that ",
    "our notes say that ",
    "last week we wrote that ",
)
_KINDS = (
    "usual",
    "own",
    "main",
    "new",
    "old",
    "official",
    "present",
    "final",
    "agreed",
    "exact",
    "first",
    "true",
    "best known",
    "only",
    "next",
    "common",
    "regular",
    "average",
)
_OF = ("of", "for", "at", "in", "with", "from")
_ABOUT = (
    "for",
    "in the case of",
    "when it comes to",
    "regarding",
    "about",
    "concerning",
    "speaking of",
    "if you ask about",
    "with",
    "at",
    "on",
    "to begin with",
)
_IS = (
    "is",
    "is",
    "is",
    "was",
    "remains",
    "has been",
    "equals",
    "stands at",
    "will be",
    "is now",
    "=",
    "must be",
)
_IS_HOW = ("is", "was", "has been", "is still", "can be", "seems", "is widely", "was once")
_HOW = (
    "given",
    "said",
    "called",
    "written",
    "set",
    "thought",
    "found",
    "believed",
    "chosen",
    "fixed",
    "noted",
    "meant",
    "named",
    "understood",
    "shown",
    "put",
    "held",
    "stated",
    "seen",
)
_AS = ("as", "to be", "to", "at", "by all as", "here as", "by many to be")
_HAS = ("has", "uses", "comes with", "shows", "gives", "keeps", "carries", "holds", "names", "got", "offers")
_LINKS = (" ", ": ", ", namely ", ", which is ", ", that is ", " called ", " of ")
_PAPERS = (
    "notes",
    "pages",
    "files",
    "papers",
    "letters",
    "rules",
    "people",
    "site",
    "manual",
    "plan",
    "books",
)
_STATE = ("give", "put", "name", "show", "state", "write down", "mention", "describe", "have", "print", "fix")
_WHO = ("people who know {e}", "the people at {e}", "everyone", "our team", "they", "most guides")
_SAY = ("say", "think", "report", "agree", "remember", "wrote")
_PUT = ("put the {a} of {e} at", "describe the {a} of {e} as", "set the {a} for {e} to", "mark {e}'s {a} as")
_ROWS = ("{e}: {a} {v}", "{e} ({a}: {v})", "{e} | {a} | {v}", "{e}, {a}: {v}", "{e} - {a} - {v}")
_VALUE_FIRST = (
    "{v} is the {a} of {e}",
    "they chose {v} as the {a} for {e}",
    "{v} became the {a} at {e}",
    "we saw {v} when we looked for the {a} of {e}",
    "{v} serves {e} as its {a}",
)
_TAILS = (" this year", ", as agreed", " for everyone", ", we think", " until further notice", " so far")


def statement(rng: Random, *, value_last: bool) -> str:
    """A sentence without its full stop, with places for `{e}`, its `{a}` and that one's value `{v}`."""
    if not value_last and rng.random() < 0.2:
        return _value_first(rng)
    (make,) = rng.choices(_MAKERS, weights=(8, 3, 2, 2, 3, 1))
    lead = _either(rng, _LEADS, f"{_adverb(rng)}, ") if rng.random() < 0.2 else ""
    tail = _either(rng, _TAILS, f" {rng.choice(_OF)} the {_noun(rng)}") if rng.random() < 0.12 else ""
    return lead + make(rng) + tail


def clause(rng: Random, *, value_last: bool) -> str:
    """A part of a message that gives the value `{v}` of a field `{k}`."""
    owner = rng.choice(("", "", "the ", "my ", "our ", "your ", "a "))
    key = f"{owner}{_kind(rng)}{{k}}"
    if not value_last and rng.random() < 0.45:
        verb = _either(rng, ("use", "write", "send", "we agreed on", "with", "add"), _verb(rng))
        link = rng.choice((" as ", " as ", " for ", " to ", " in ", " is ", " by ", " at "))
        return rng.choice((f"{verb} {{v}}{link}{key}", f"{{v}}{link}{key}"))
    known = rng.choice((f"{_either(rng, _ABOUT, 'as')} {key}{rng.choice((',', ''))} ", f"{key} ", f"{key} "))
    verb = _either(rng, _IS, rng.choice((_verb(rng), f"{_adverb(rng)} {_thirds(_verb(rng))}")))
    start = _either(rng, ("please note", "I need", "make", "set", "let", "write"), f"{_verb(rng)}")
    return rng.choice(
        (
            f"{known}{verb} {{v}}",
            f"{known}we {_verb(rng)} {{v}}",
            f"{start} {key} {rng.choice(('', 'to ', 'as ', 'be ', 'with '))}{{v}}",
            f"{key}{rng.choice((': ', ' = ', ' - ', ' '))}{{v}}",
        )
    )


def _value_first(rng: Random) -> str:
    verb = _verb(rng)
    made = (
        f"{{v}} {_thirds(verb)} the {_kind(rng)}{{a}} {rng.choice(_OF)} {{e}}",
        f"{rng.choice(_WHO[2:])} {_past(verb)} {{v}} {rng.choice(_AS)} the {{a}} {rng.choice(_OF)} {{e}}",
    )
    return _either(rng, _VALUE_FIRST, rng.choice(made))


def _being(rng: Random) -> str:
    subject = rng.choice((_owned, _owned, _topic, _possessed))(rng)
    how = (rng.choice(_IS_HOW), _either(rng, _HOW, _past(_verb(rng))), rng.choice(_AS))
    return f"{subject} {rng.choice(_IS) if rng.random() < 0.5 else ' '.join(how)} {{v}}"


def _having(rng: Random) -> str:
    article = rng.choice(("the", "the", "a", "its"))
    has = _either(rng, _HAS, _thirds(_verb(rng)))
    return f"{{e}} {has} {article} {_kind(rng)}{{a}}{rng.choice(_LINKS)}{{v}}"


def _telling(rng: Random) -> str:
    return f"{rng.choice(_WHO)} {_either(rng, _SAY, _verb(rng))} that {_being(rng)}"


def _putting(rng: Random) -> str:
    put = f"{_verb(rng)} {rng.choice(('the {a} of {e}', '{e} {a}'))} {rng.choice((*_AS, *_OF))}"
    return f"{rng.choice(_WHO[2:])} {_either(rng, _PUT, put)} {{v}}"


def _stating(rng: Random) -> str:
    papers = _either(rng, _PAPERS, _thirds(_noun(rng)))
    told = (
        f"{_either(rng, _STATE, _verb(rng))} {rng.choice(('its', 'the'))} {_kind(rng)}{{a}} {rng.choice(_AS)}"
    )
    owner = f"{rng.choice(('the', 'all', 'our'))} {papers} {rng.choice(('of', 'at', 'on'))}"
    return f"{owner} {{e}} {told} {{v}}"


def _listing(rng: Random) -> str:
    return rng.choice(_ROWS)


def _owned(rng: Random) -> str:
    return f"the {_kind(rng)}{{a}} {rng.choice(_OF)} {{e}}"


def _possessed(rng: Random) -> str:
    return f"{{e}}'s {_kind(rng)}{{a}}"


def _topic(rng: Random) -> str:
    return f"{rng.choice(_ABOUT)} {{e}}{rng.choice((',', ''))} {rng.choice(('the', 'its'))} {_kind(rng)}{{a}}"


def _kind(rng: Random) -> str:
    return f"{_either(rng, _KINDS, rng.choice(common('adj', 800)))} " if rng.random() < 0.3 else ""


def _adverb(rng: Random) -> str:
    return rng.choice(common("adv", 300))


def _past(verb: str) -> str:
    """A verb's past, as if all were regular."""
    return verb + ("d" if verb.endswith("e") else "ed")


def _thirds(word: str) -> str:
    """A verb's third person or a noun's plural, as if all were regular."""
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _verb(rng: Random) -> str:
    return rng.choice(common("verb", 1500))


def _noun(rng: Random) -> str:
    return rng.choice(common_nouns(held_out=False))


def _either(rng: Random, listed: Sequence[str], anything: str) -> str:
    return rng.choice(listed) if rng.random() < 0.5 else anything


_MAKERS: tuple[Callable[[Random], str], ...] = (_being, _having, _telling, _putting, _stating, _listing)
