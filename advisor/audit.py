"""What is odd about the samples themselves, told before any method is scored.

Nothing is repaired and nobody is stopped: whoever knows the data decides.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from advisor.copies import groups_of
from advisor.task import Task
from advisor.use_case import Sample, SourceDocument
from generation.words import normalise, words_of

Code = Literal[
    "copies",
    "near_copies",
    "conflicting_labels",
    "several_answers",
    "answers_in_corpus",
    "lopsided_labels",
    "rare_labels",
    "suspected_labels",
]
LOPSIDED = 0.8
"""Share of the commonest label from which the others hardly count."""
RARE = 5
"""A label with fewer samples is missing from the training part or the test part of some folds."""
OPENING = 5
"""Words of an input by which it is looked for in the corpus; shorter inputs stand there by chance."""
NEAR_BY = 30
"""Words after an input within which its answer begins, where a document holds both."""
TOLD = 5


class Finding(BaseModel):
    """One thing to know about the samples."""

    model_config = ConfigDict(frozen=True)

    code: Code
    message: str
    samples: tuple[int, ...]
    """Their numbers as handed in, from 1; empty where it is about all of them."""


def audit(
    samples: Sequence[Sample], corpus: Sequence[SourceDocument] | None, task: Task
) -> tuple[Finding, ...]:
    """Everything that can be told without a model."""
    found = [*_copies(samples), *_torn(samples, task), *_in_corpus(samples, corpus or ())]
    if task.kind == "labels":
        found += _labels([s.output for s in samples], task)
    return tuple(found)


def numbered(numbers: Iterable[int]) -> str:
    """For example: samples 3, 8 and 12; of many the first five and how many more."""
    every = sorted(numbers)
    told = [str(n) for n in every[:TOLD]] + ([f"{len(every) - TOLD} more"] if len(every) > TOLD else [])
    listed = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    return f"sample{'s' if len(every) > 1 else ''} {listed}"


def _copies(samples: Sequence[Sample]) -> Iterator[Finding]:
    same, cases = _members(_inputs(samples)), _members(groups_of(samples))
    copies = [i for group in same.values() if len(group) > 1 for i in group]
    if copies:
        told = f"{numbered(copies)} are copies of another one's input: each input counts once"
        yield _finding("copies", told, copies)
    near = [
        i
        for group in cases.values()
        if len({normalise(samples[i - 1].input) for i in group}) > 1
        for i in group
    ]
    if near:
        told = (
            f"{numbered(near)} are nearly the same as another, with the same answer: they count as one case"
        )
        yield _finding("near_copies", told, near)


def _torn(samples: Sequence[Sample], task: Task) -> Iterator[Finding]:
    torn = [
        group
        for group in _members(_inputs(samples)).values()
        if len({normalise(samples[i - 1].output) for i in group}) > 1
    ]
    if not torn:
        return
    numbers = [i for group in torn for i in group]
    one, other, *_ = {normalise(samples[i - 1].output): samples[i - 1].output for i in torn[0]}.values()
    code: Code = "conflicting_labels" if task.kind == "labels" else "several_answers"
    told = (
        f"{numbered(numbers)} have the same input as another and a different answer "
        f"({one!r} and {other!r}): no method can get all of them right"
    )
    yield _finding(code, told, numbers)


def _in_corpus(samples: Sequence[Sample], corpus: Sequence[SourceDocument]) -> Iterator[Finding]:
    place = _places(samples, corpus)
    if place:
        first = min(place)
        yield _finding(
            "answers_in_corpus",
            f"word for word in the corpus, with the answer behind: {numbered(place)} "
            f"(sample {first} in document {place[first]!r}); methods that search it read the answer off. "
            "Take such pairs out of the corpus, or expect less of these methods for questions outside it",
            place,
        )


def _places(samples: Sequence[Sample], corpus: Sequence[SourceDocument]) -> dict[int, str]:
    """Sample number -> the document that holds its input and then its answer."""
    asked = {i: words_of(s.input) for i, s in enumerate(samples, start=1)}
    openings: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, words in asked.items():
        if len(words) >= OPENING:
            openings[tuple(words[:OPENING])].append(i)
    starts = {opening[0] for opening in openings}
    place: dict[int, str] = {}
    for document in corpus:
        words = words_of(document.text)
        for at in (at for at, word in enumerate(words) if word in starts):
            for i in openings.get(tuple(words[at : at + OPENING]), ()):
                end = at + len(asked[i])
                if words[at:end] == asked[i] and _follows(words_of(samples[i - 1].output), words[end:]):
                    place.setdefault(i, document.id)
    return place


def _follows(answer: Sequence[str], words: Sequence[str]) -> bool:
    return any(list(words[at : at + len(answer)]) == list(answer) for at in range(NEAR_BY))


def _labels(given: Sequence[str], task: Task) -> Iterator[Finding]:
    counts = Counter(given)
    commonest, most = counts.most_common(1)[0]
    if most == len(given):
        told = f"all samples are {commonest!r}: nothing is known of other answers; label some"
        yield _finding("lopsided_labels", told, ())
    elif most >= LOPSIDED * len(given):
        told = (
            "macro F1 hangs on the few others: label more of them"
            if task.metric.name == "macro_f1"
            else "accuracy hardly sees the others; the metric macro_f1 counts every label alike"
        )
        share = f"{100 * most / len(given):.0f} % of the samples are {commonest!r}"
        yield _finding("lopsided_labels", f"{share}: {told}", ())
    rare = sorted(label for label in task.labels if counts[label] < RARE)
    if rare:
        shown = ", ".join(f"{label!r} ({counts[label]})" for label in rare[:TOLD])
        more = f" and {len(rare) - TOLD} more" if len(rare) > TOLD else ""
        numbers = [i for i, label in enumerate(given, start=1) if label in rare]
        told = f"fewer than {RARE} samples have the label {shown}{more}: label more of them"
        yield _finding("rare_labels", told, numbers)


def _inputs(samples: Sequence[Sample]) -> list[str]:
    return [normalise(s.input) for s in samples]


def _members(groups: Iterable[Hashable]) -> Mapping[Hashable, list[int]]:
    """Group -> the numbers of its samples, from 1."""
    members: dict[Hashable, list[int]] = defaultdict(list)
    for i, group in enumerate(groups, start=1):
        members[group].append(i)
    return members


def _finding(code: Code, message: str, samples: Iterable[int]) -> Finding:
    return Finding(code=code, message=f"{message[0].upper()}{message[1:]}.", samples=tuple(sorted(samples)))
