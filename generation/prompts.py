"""The only place that turns a task into messages.

Training, measuring and serving all call `render`, so a prompt can never differ between
them. Pocket, the shipped model, was trained on exactly these forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generation.messages import Conversation, Message

UNKNOWN = "I don't know"
"""The answer that says that the passages do not hold what was asked."""

PASSAGE_RULE = f"Answer from the passages. If they do not hold the answer, say: {UNKNOWN}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that is shown to a model."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A solved case that is shown to a model."""

    input: str
    output: str


def render(
    instruction: str,
    question: str,
    *,
    labels: Sequence[str] = (),
    demonstrations: Sequence[Demonstration] = (),
    passages: Sequence[Passage] = (),
) -> Conversation:
    """Say a task to a model: rules first, then solved cases, then the case to solve.

    The question stands before and after the passages: a model that reads left to right
    then knows what to look for (Liu et al. 2023, "Lost in the Middle", section 4.2).
    """
    turns = [Message("system", _rules(instruction, labels, bool(passages)))]
    for shown in demonstrations:
        turns += [Message("user", shown.input), Message("assistant", shown.output)]
    turns.append(Message("user", _with_passages(question, passages)))
    return tuple(turns)


def _rules(instruction: str, labels: Sequence[str], has_passages: bool) -> str:
    rules = [instruction] if instruction else []
    if labels:
        rules.append(f"Answer with one of: {', '.join(labels)}")
    if has_passages:
        rules.append(PASSAGE_RULE)
    return "\n".join(rules)


def _with_passages(question: str, passages: Sequence[Passage]) -> str:
    if not passages:
        return question
    blocks = [f"[{i}] {_passage(p)}" for i, p in enumerate(passages, start=1)]
    asked = f"Question: {question}"
    return "\n\n".join([asked, *blocks, asked])


def _passage(passage: Passage) -> str:
    return f"{passage.title}: {passage.text}" if passage.title else passage.text
