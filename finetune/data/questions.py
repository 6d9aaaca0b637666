"""Documents to questions and answers, written by a model and kept only where the document says the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from finetune.data.passages import Place, Source, SourcePassage, passages
from finetune.data.rows import folded
from generation.language_model import LanguageModel, Request
from generation.messages import Conversation
from generation.prompts import render

INSTRUCTION = (
    "Write {count} different questions that this text answers, and the answers. Each question must be clear "
    "to somebody who does not see the text. Copy each answer word for word from the text, as short as "
    "possible. Write nothing else, each question and answer in this form:\nQ: question\nA: answer"
)
_PAIR = re.compile(
    r"^[^\w\n]*Q\w*[ \d.]*:\**[ \t]*(?P<question>\S.*)\n(?:[ \t]*\n)*"
    r"[^\w\n]*A\w*[ \d.]*:\**[ \t]*(?P<answer>\S.*)$",
    re.MULTILINE,
)
MOST_CHARACTERS, PAIR_TOKENS, TOGETHER = 1_500, 80, 8
CHARACTERS_PER_TOKEN = 2
"""Fewer than usual, so that a passage fits whatever its language."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer, and the stretch of a document that answers it."""

    question: str
    answer: str
    """As it stands in the document."""
    place: Place

    def as_dict(self) -> dict[str, object]:
        """A row of chat data; its provenance stands beside the messages."""
        turns = [{"role": "user", "content": self.question}, {"role": "assistant", "content": self.answer}]
        place = {"document": self.place.document, "start": self.place.start, "end": self.place.end}
        return {"messages": turns, **place}


@dataclass(frozen=True, slots=True)
class _Pair:
    """A question and an answer as the model wrote them."""

    passage: SourcePassage
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Questions:
    """What a model made of documents."""

    kept: tuple[Question, ...]
    passages: int
    written: int
    """Pairs that the model wrote."""
    unfounded: int
    """Of them, those whose answer does not stand in the passage."""
    repeated: int
    """Of them, those whose question was asked before."""
    skipped: int
    """Passages that do not fit the model."""


def ask_documents(
    model: LanguageModel,
    sources: Sequence[Source],
    per_passage: int = 3,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Questions:
    """Let a model write questions on every passage of the documents.

    Raises:
        ModelUnavailableError: the model cannot be reached or loaded.
    """
    answer_tokens = PAIR_TOKENS * per_passage
    most = min(MOST_CHARACTERS, CHARACTERS_PER_TOKEN * max(64, model.context_window - 2 * answer_tokens))
    cut = [passage for source in sources for passage in passages(source, most)]
    requests = {p: Request(_prompt(p, per_passage), max_tokens=answer_tokens) for p in cut}
    fitting = [p for p in cut if _fits(model, requests[p])]
    pairs: list[_Pair] = []
    for first in range(0, len(fitting), TOGETHER):
        some = fitting[first : first + TOGETHER]
        answers = model.generate([requests[passage] for passage in some])
        pairs += [pair for p, made in zip(some, answers, strict=True) for pair in _pairs(p, made.text)]
        on_progress(first + len(some), len(fitting))
    return _judged(pairs, len(cut), len(cut) - len(fitting))


def _prompt(passage: SourcePassage, count: int) -> Conversation:
    titled = f"{passage.title}\n\n{passage.text}" if passage.title else passage.text
    return render(INSTRUCTION.format(count=count), titled)


def _fits(model: LanguageModel, request: Request) -> bool:
    return model.count_tokens(request.messages) + request.max_tokens <= model.context_window


def _pairs(passage: SourcePassage, written: str) -> list[_Pair]:
    return [_Pair(passage, m["question"].strip(), m["answer"].strip()) for m in _PAIR.finditer(written)]


def _judged(pairs: Sequence[_Pair], count: int, skipped: int) -> Questions:
    kept = dict[str, Question]()
    unfounded = 0
    for pair in pairs:
        answer = _as_it_stands(pair.answer, pair.passage.text)
        if answer is None:
            unfounded += 1
        else:
            kept.setdefault(folded(pair.question), Question(pair.question, answer, pair.passage.place))
    repeated = len(pairs) - unfounded - len(kept)
    return Questions(tuple(kept.values()), count, len(pairs), unfounded, repeated, skipped)


def _as_it_stands(answer: str, text: str) -> str | None:
    """The stretch of the text that the answer repeats, whatever its case, spacing and last mark."""
    words = answer.strip(" \t\"'*.").split()
    if not words:
        return None
    found = re.search(r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)", text, re.IGNORECASE)
    return found[0] if found else None
