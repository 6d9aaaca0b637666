"""Questions whose answers are known."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Container, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from generation.faults import first_fault
from retrieval.evaluation.errors import InvalidQuestionsError
from retrieval.store.fusion import MIN_LABELS
from retrieval.store.records import StoredFile

MOST_QUESTIONS = 2_000
Text = Annotated[str, Field(min_length=1, max_length=2_000)]
Identifier = Annotated[str, Field(min_length=1, max_length=256)]


class LabelledQuestion(BaseModel):
    """A question with what is known of its answer; each label that is missing leaves its measures out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: Text
    answers: tuple[Text, ...] | None = Field(None, max_length=50)
    """Every right wording; an empty list says that the documents hold no answer."""
    files: tuple[Identifier, ...] | None = Field(None, max_length=1_000)
    """Ids or names of the files that hold the answer."""

    @model_validator(mode="after")
    def _says_something(self) -> LabelledQuestion:
        if self.answers is None and self.files is None:
            raise ValueError("needs answers, files or both; without either there is nothing to measure")
        if self.files is not None and not self.files and self.answers:
            raise ValueError("names no file that holds the answer; leave files out where they are not known")
        return self

    @property
    def answerable(self) -> bool | None:
        """Whether the documents hold an answer; None where nobody said."""
        if self.answers is not None:
            return bool(self.answers)
        return bool(self.files)


def read_questions(text: str) -> list[LabelledQuestion]:
    """Questions of JSON Lines.

    Raises:
        InvalidQuestionsError: names the first line that is wrong.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not 1 <= len(lines) <= MOST_QUESTIONS:
        raise InvalidQuestionsError(f"There are {len(lines):,} questions; give 1 to {MOST_QUESTIONS:,}.")
    return [_parsed(number, line) for number, line in lines]


def check_files(questions: Sequence[LabelledQuestion], known: Container[str]) -> None:
    """Refuse labels that name no file, since they would count as failures to find it.

    Raises:
        InvalidQuestionsError: names the first such label.
    """
    for number, one in enumerate(questions, 1):
        for label in one.files or ():
            if label not in known:
                raise InvalidQuestionsError(
                    f"Question {number} names the file {label!r}, which the vector store does not have; "
                    "use ids or names of its files."
                )


def check_enough(questions: Sequence[LabelledQuestion]) -> None:
    """Refuse questions that are too few to learn from.

    Raises:
        InvalidQuestionsError: there are fewer than 20 that name files.
    """
    naming = len({one.question for one in questions if one.files})
    if naming < MIN_LABELS:
        raise InvalidQuestionsError(
            f"{naming} different questions name the files that answer them; to fit, give {MIN_LABELS}."
        )


def relevant_files(
    questions: Sequence[LabelledQuestion], files: Sequence[StoredFile]
) -> dict[str, frozenset[str]]:
    """For each question that names files, their ids."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for file in files:
        ids[file.id].add(file.id)
        ids[file.name].add(file.id)
    return {
        one.question: frozenset().union(*(ids[label] for label in one.files))
        for one in questions
        if one.files
    }


def _parsed(number: int, line: str) -> LabelledQuestion:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise InvalidQuestionsError(f"Line {number} is not JSON; write one object on each line.") from None
    try:
        return LabelledQuestion.model_validate(data)
    except ValidationError as error:
        raise InvalidQuestionsError(f"Line {number}: {first_fault(error.errors(), data)}") from None


def matches(label: str, file_id: str, filename: str) -> bool:
    """Whether a label means a file."""
    return label in (file_id, filename)


def labels_of(files: Sequence[str], found: Sequence[tuple[str, str]]) -> list[str]:
    """The label of each found file (id, name) that has one, its id where it has none; each once."""
    named = (next((label for label in files if matches(label, *one)), one[0]) for one in found)
    return list(dict.fromkeys(named))
