"""Forms of sentences that state a fact: put together at random, so that no form can be learned by heart."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

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
        return rng.choice(_VALUE_FIRST)
    (make,) = rng.choices(_MAKERS, weights=(8, 3, 2, 2, 3, 1))
    lead = rng.choice(_LEADS) if rng.random() < 0.2 else ""
    tail = rng.choice(_TAILS) if rng.random() < 0.12 else ""
    return lead + make(rng) + tail


def _being(rng: Random) -> str:
    subject = rng.choice((_owned, _owned, _topic, _possessed))(rng)
    verb = rng.choice(_IS) if rng.random() < 0.5 else " ".join(map(rng.choice, (_IS_HOW, _HOW, _AS)))
    return f"{subject} {verb} {{v}}"


def _having(rng: Random) -> str:
    article = rng.choice(("the", "the", "a", "its"))
    return f"{{e}} {rng.choice(_HAS)} {article} {_kind(rng)}{{a}}{rng.choice(_LINKS)}{{v}}"


def _telling(rng: Random) -> str:
    return f"{rng.choice(_WHO)} {rng.choice(_SAY)} that {_being(rng)}"


def _putting(rng: Random) -> str:
    return f"{rng.choice(_WHO[2:])} {rng.choice(_PUT)} {{v}}"


def _stating(rng: Random) -> str:
    papers = f"{rng.choice(('the', 'all', 'our'))} {rng.choice(_PAPERS)} {rng.choice(('of', 'at', 'on'))}"
    told = f"{rng.choice(_STATE)} {rng.choice(('its', 'the'))} {_kind(rng)}{{a}} {rng.choice(_AS)} {{v}}"
    return f"{papers} {{e}} {told}"


def _listing(rng: Random) -> str:
    return rng.choice(_ROWS)


def _owned(rng: Random) -> str:
    return f"the {_kind(rng)}{{a}} {rng.choice(_OF)} {{e}}"


def _possessed(rng: Random) -> str:
    return f"{{e}}'s {_kind(rng)}{{a}}"


def _topic(rng: Random) -> str:
    return f"{rng.choice(_ABOUT)} {{e}}{rng.choice((',', ''))} {rng.choice(('the', 'its'))} {_kind(rng)}{{a}}"


def _kind(rng: Random) -> str:
    return f"{rng.choice(_KINDS)} " if rng.random() < 0.3 else ""


_MAKERS: tuple[Callable[[Random], str], ...] = (_being, _having, _telling, _putting, _stating, _listing)
