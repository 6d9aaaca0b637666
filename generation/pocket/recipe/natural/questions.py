"""Questions out of sentences: a stretch becomes the answer, and the rest is turned round to ask for it."""

from __future__ import annotations

import re
from random import Random

from generation.pocket.recipe.natural.answers import Answer, answers
from generation.pocket.recipe.natural.asking import paraphrase, wh
from generation.pocket.recipe.natural.grammar import CLOSED, Sentence
from generation.pocket.recipe.natural.wordnet import base, first_sense, siblings

_DO = {"VZ": "does", "VP": "do", "VD": "did"}
CLOZE = 0.12
"""Share of questions that keep the order of the sentence's words or jumble it."""
_CLOSERS = {",", ";", ":", "which", "who", "and", "but", "because", "(", "so", "while", "whereas"}


def ask(rng: Random, sentence: Sentence) -> tuple[str, Answer] | None:
    """A question and the stretch of the sentence that answers it; None where nothing can be asked."""
    found = answers(sentence)
    if not found:
        return None
    answer = rng.choices(found, [a.weight for a in found])[0]
    words = paraphrase(rng, [word for word in _turned(rng, sentence, answer) if word[0].isalnum()])
    return (_written(rng, words), answer) if len(words) > 3 else None


def of_another(rng: Random, question: str, sentence: Sentence, answer: Answer) -> tuple[str, str]:
    """The question asked of another thing of the same kind, and that thing; as it was where there is none."""
    nouns = [t.text for t in sentence.tokens if t.tag == "N" and t.text in question]
    own = [noun for noun in nouns if noun not in answer.text]
    noun = rng.choice(own) if own else ""
    sense = first_sense(noun)
    alike = siblings(sense) if sense else []
    other = rng.choice(alike).lemmas[0] if alike else noun
    if sense is None or other in sense.lemmas:
        return question, answer.text
    return question.replace(noun, other), other


def _turned(rng: Random, sentence: Sentence, answer: Answer) -> list[str]:
    if sentence.subject is None or rng.random() < CLOZE:
        return _cloze(rng, sentence, answer)
    if not (sentence.subject <= answer.first and answer.last <= sentence.verb):
        return _of_rest(rng, sentence, answer)
    whole = answer.first - sentence.subject <= 1 or sentence.tokens[answer.first - 1].tag == "P"
    return _of_subject(rng, sentence, answer) if whole else _cloze(rng, sentence, answer)


def _of_subject(rng: Random, sentence: Sentence, answer: Answer) -> list[str]:
    """`The grey wolf lives in packs` -> `What lives in packs`."""
    subject, verb = sentence.subject or 0, sentence.verb
    before, after = _before(sentence, subject, answer), _after(sentence, answer, verb)
    rest = _shortened(rng, sentence.words(verb, len(sentence.tokens)))
    return [*before, *wh(rng, answer), *after, *rest]


def _before(sentence: Sentence, start: int, answer: Answer) -> list[str]:
    """What stands before the answer, without its article."""
    words = sentence.words(start, answer.first)
    return words[:-1] if words and words[-1].lower() in ("the", "a", "an", "its", "their", "his") else words


def _after(sentence: Sentence, answer: Answer, end: int | None = None) -> list[str]:
    """What follows the answer, without what it counts."""
    return sentence.words(answer.last + bool(answer.counted), end or len(sentence.tokens))


def _of_rest(rng: Random, sentence: Sentence, answer: Answer) -> list[str]:
    """`The grey wolf lives in packs` -> `What does the grey wolf live in`."""
    subject, verb = sentence.subject or 0, sentence.tokens[sentence.verb]
    who = sentence.words(subject, sentence.verb)
    if answer.first >= sentence.verb:
        before = _before(sentence, sentence.verb + 1, answer)
        after = _tail(rng, _after(sentence, answer))
    else:
        before, after = [], sentence.words(sentence.verb + 1, len(sentence.tokens))
        after = _shortened(rng, after)
    asked = wh(rng, answer)
    article = answer.first - 1 > 0 and sentence.tokens[answer.first - 1].tag in ("D", "O")
    preposition = sentence.tokens[answer.first - 1 - article] if answer.first > article else None
    if preposition and preposition.tag == "P" and not answer.clause:
        before, asked = _without_preposition(rng, before, asked, preposition.text, answer)
    helper, stem = _helper(sentence, verb.text.lower(), verb.tag)
    return [*asked, helper, *_lowered(who), *stem, *before, *after]


def _helper(sentence: Sentence, verb: str, tag: str) -> tuple[str, list[str]]:
    """What goes before the subject in a question, and what is left of the verb after it."""
    if tag in _DO:
        return _DO[tag], [base(verb, "v") or verb]
    if tag == "H" and not _is_helper(sentence):
        return {"has": "does", "have": "do", "had": "did"}[verb], ["have"]
    return verb, []


def _is_helper(sentence: Sentence) -> bool:
    following = sentence.tokens[sentence.verb + 1 : sentence.verb + 3]
    return any(t.tag in ("VN", "VD", "B") or t.text == "been" for t in following)


def _without_preposition(
    rng: Random, before: list[str], asked: list[str], preposition: str, answer: Answer
) -> tuple[list[str], list[str]]:
    """`in 1990` is asked by `when`, `in what year`, or `what ... in`."""
    word, before = preposition.lower(), before[:-1] if before else before
    if answer.kind in ("year", "time") and word in ("in", "on", "at", "since", "until", "from", "by"):
        return before, rng.choice([["when"], ["when"], [word, "what", "year"], ["what", "year"]])
    if answer.kind == "place" and word in ("in", "at", "on", "near", "from", "to"):
        return before, rng.choice([["where"], [word, *asked]])
    if word in ("in", "at", "on") and rng.random() < 0.2:
        return before, ["where"]
    if rng.random() < 0.4:
        return before, [preposition, *asked]
    return [*before, preposition] if rng.random() < 0.6 else before, asked


def _cloze(rng: Random, sentence: Sentence, answer: Answer) -> list[str]:
    """The sentence around the answer, in one of the orders of Fabbri et al. 2020."""
    before = _before(sentence, max(0, answer.first - rng.randint(3, 12)), answer)
    after = _shortened(rng, _after(sentence, answer))
    asked = wh(rng, answer)
    form = rng.random()
    if form < 0.4:
        return [*asked, *after, *before]
    if form < 0.7:
        return [*before, *asked, *after]
    return [*asked, *before, *after]


def _shortened(rng: Random, words: list[str]) -> list[str]:
    """Up to a place where the clause may end."""
    ends = [i for i, word in enumerate(words) if i >= 3 and word.lower() in _CLOSERS]
    return words[: rng.choice(ends)] if ends and rng.random() < 0.7 else words


def _tail(rng: Random, words: list[str]) -> list[str]:
    """What follows an answer is often left away."""
    draw = rng.random()
    if draw < 0.45 or (words and words[0].lower() in _CLOSERS and draw < 0.9):
        return []
    return _shortened(rng, words)


def _lowered(words: list[str]) -> list[str]:
    """The first word without its capital, where that is not part of it."""
    first, *rest = words or [""]
    return [first.lower(), *rest] if first.lower() in CLOSED else words


def _written(rng: Random, words: list[str]) -> str:
    text = re.sub(r"\s+([,.;:)%'])", r"\1", " ".join(words)).replace("( ", "(")
    text = re.sub(r"^[\s,;:.)]+|[\s,;:.(]+$", "", text)
    mark = "" if rng.random() < 0.1 else "?"
    return (text[:1].upper() + text[1:] if rng.random() < 0.9 else text) + mark
