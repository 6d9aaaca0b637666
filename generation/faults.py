"""What pydantic found wrong in somebody's data: the one fault worth telling, its place as OpenAI writes it,
and what to do in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Where = tuple[int | str, ...]
WANTED = {
    **dict.fromkeys(("string_type", "string_unicode"), "text"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), "an object"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    "finite_number": "a finite number",
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
}
"""Kinds of faults by which a value is not of the type that is wanted."""
BOUNDS = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "literal_error": "must be {expected}",
}
"""What faults say that also tell what was given; the names of the figures are pydantic's."""
SHAPES = {
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "union_tag_invalid": "must have as {discriminator} one of {expected_tags}",
    "union_tag_not_found": "must have a {discriminator}",
}
"""What others say."""
SHOWN = 40
"""Characters of a wrong value that are told."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A place, empty for the whole, and what to do about it."""

    where: str
    message: str
    kind: str
    """Pydantic's name for it."""

    def __str__(self) -> str:
        told = f"{self.message}."
        return f"{self.where}: {told}" if self.where else told[:1].upper() + told[1:]


@dataclass(frozen=True, slots=True)
class _Step:
    """One of pydantic's faults on its way through the branches of unions."""

    error: Mapping[str, Any]
    loc: Where
    branches: tuple[int, ...]
    """Places in `loc` that name branches of unions instead of what the data hold."""

    @property
    def is_of_another_type(self) -> bool:
        return self.error["type"] in WANTED

    @property
    def place(self) -> Where:
        return tuple(part for at, part in enumerate(self.loc) if at not in self.branches)

    def inside(self) -> _Step:
        """The same without its first branch."""
        first, *others = self.branches
        loc = self.loc[:first] + self.loc[first + 1 :]
        return replace(self, loc=loc, branches=tuple(at - 1 for at in others))


def first_fault(errors: Sequence[Mapping[str, Any]], data: object) -> Fault:
    """The first fault that a validation found in the data.

    Where a union was wanted, it is that of the branch which the data come nearest to.
    """
    told = _nearest([_Step(error, error["loc"], _branches(error, data)) for error in errors])
    return Fault(_path(told[0].loc), _message(told), told[0].error["type"])


def _branches(error: Mapping[str, Any], value: object) -> tuple[int, ...]:
    found = []
    for at, part in enumerate(error["loc"]):
        is_missing = error["type"] == "missing" and at == len(error["loc"]) - 1
        if isinstance(value, Mapping) and (part in value or is_missing):
            value = value.get(part)
        elif isinstance(value, list | tuple) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            found.append(at)
    return tuple(found)


def _nearest(faults: Sequence[_Step]) -> Sequence[_Step]:
    """The first fault, or the several that say what a value could have been."""
    first = faults[0]
    if not first.branches:
        return [first]
    at = first.branches[0]
    by_branch: dict[int | str, list[_Step]] = {}
    for fault in faults:
        if fault.loc[:at] == first.loc[:at] and fault.branches[:1] == (at,):
            by_branch.setdefault(fault.loc[at], []).append(fault.inside())
    nearer = [those for those in by_branch.values() if not _is_of_another_type(those, at)]
    if not nearer:
        return [fault for those in by_branch.values() for fault in those]
    return _nearest(min(nearer, key=_distance))


def _distance(branch: Sequence[_Step]) -> tuple[int, int, int]:
    """Small where the data fit far down, in most places, or at least by their types."""
    depth = max(len(fault.place) for fault in branch)
    unlike = {fault.place for fault in branch if fault.is_of_another_type or fault.error["type"] == "missing"}
    return -depth, len({fault.place for fault in branch}), len(unlike)


def _is_of_another_type(branch: Sequence[_Step], depth: int) -> bool:
    return len(branch[0].loc) == depth and branch[0].is_of_another_type


def _path(loc: Where) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return "".join(parts).removeprefix(".")


def _message(told: Sequence[_Step]) -> str:
    error = told[0].error
    kind, figures = error["type"], error.get("ctx", {})
    if kind == "missing":
        return "is missing; it is required"
    if kind == "extra_forbidden":
        return "is not a supported field; leave it out"
    if kind == "none_required":
        return "is not supported; leave it out"
    if kind in WANTED:
        wanted = list(dict.fromkeys(WANTED[one.error["type"]] for one in told))
        return f"must be {_either(wanted)}{_instead_of(error)}"
    if kind in ("string_too_short", "too_short") and figures["min_length"] == 1:
        return "must not be empty"
    if kind in BOUNDS:
        return f"{BOUNDS[kind].format(**figures)}{_instead_of(error)}"
    if kind in SHAPES:
        return SHAPES[kind].format(**figures)
    return str(error["msg"]).removeprefix("Value error, ").removesuffix(".")


def _either(wanted: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(wanted[:-1]), wanted[-1]]))


def _instead_of(error: Mapping[str, Any]) -> str:
    """What was given, where that is short to say."""
    match error.get("input"):
        case None:
            given = "null"
        case bool(value):
            given = str(value).lower()
        case int() | float() | str() as value:
            text = repr(value)
            given = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
        case list():
            given = "a list"
        case Mapping():
            given = "an object"
        case _:
            return ""
    return f", not {given}"
