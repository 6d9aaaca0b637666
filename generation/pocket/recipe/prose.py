"""Real sentences: manual pages, handbooks and an encyclopedia (of computing) that Debian packages carry."""

from __future__ import annotations

import gzip
import html
import re
from functools import cache
from pathlib import Path
from random import Random

from generation.messages import Message
from generation.pocket.recipe.episode import Copy, Episode, Turn, episode
from generation.pocket.recipe.words import is_held_out, noun_senses
from generation.prompts import UNKNOWN, Passage, render

HTML_FOLDERS = (
    "/usr/share/debian-reference",
    "/usr/share/doc/debian-handbook/html/en-US",
    "/usr/share/doc/python3.11/html",
)
ENCYCLOPEDIA = Path("/usr/share/dictd/foldoc.dict.dz")
_TAG = re.compile(r"<(script|style|pre|table)\b.*?</\1>|<[^>]+>", re.DOTALL)
_DEFINITION = re.compile(r"(?:\([^)]*\)\s*)*(A|An|The) ")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_ROFF = re.compile(r"\\f[A-Z]|\\&|\\\||\\,|\\/")
SMALL = {
    "the",
    "a",
    "an",
    "of",
    "to",
    "in",
    "and",
    "or",
    "is",
    "are",
    "be",
    "it",
    "that",
    "this",
    "for",
    "with",
    "on",
}


@cache
def paragraphs() -> tuple[tuple[str, ...], ...]:
    """Paragraphs as tuples of clean sentences."""
    found = [p for text in _sources() for p in _split(text)]
    return tuple(dict.fromkeys(found))


def _sources() -> list[str]:
    texts = []
    for folder in HTML_FOLDERS:
        for page in sorted(Path(folder).rglob("*.html")):
            raw = page.read_text("utf-8", errors="ignore")
            blocks = re.findall(r"<(?:p|dd)\b[^>]*>(.*?)</(?:p|dd)>", raw, re.DOTALL)
            texts += [html.unescape(_TAG.sub("", block)) for block in blocks]
    for page in sorted(Path("/usr/share/man/man1").glob("*.gz")) + sorted(
        Path("/usr/share/man/man5").glob("*.gz")
    ):
        with gzip.open(page, "rt", encoding="utf-8", errors="ignore") as source:
            texts += _roff(source.read())
    return texts + _articles()


def _articles() -> list[str]:
    """Paragraphs of the encyclopedia; the first of an article begins with its name."""
    if not ENCYCLOPEDIA.is_file():
        return []
    with gzip.open(ENCYCLOPEDIA, "rt", encoding="utf-8", errors="ignore") as source:
        plain = re.sub(r"[{}]|<[A-Za-z, ]+>\s*", "", source.read())
    texts = []
    for name, article in re.findall(r"^(\S.*)\n((?:\s*\n|\s+.*\n)+)", plain, re.MULTILINE):
        first, *rest = article.strip().split("\n\n")
        if begins := _DEFINITION.match(first):
            first = f"{name} is {begins[1].lower()} {first[begins.end() :]}"
        texts += [first, *rest]
    return texts


def _roff(source: str) -> list[str]:
    blocks: list[str] = []
    lines: list[str] = []
    for line in source.splitlines():
        if line.startswith((".", "'")):
            blocks.append(" ".join(lines))
            lines = []
        else:
            lines.append(_ROFF.sub("", line).replace("\\-", "-"))
    return blocks


def _split(text: str) -> list[tuple[str, ...]]:
    text = re.sub(r"\s+", " ", text).strip()
    if not 60 < len(text) < 1500 or "\\" in text or not text.isascii():
        return []
    kept = tuple(s for s in _SENTENCE.split(text) if 5 <= len(s.split()) <= 40 and s[-1] in ".!?:")
    return [kept] if kept else []


def cloze(rng: Random, held_out: bool = False, *, gaps: int = 3, known: bool = False) -> Episode:
    """A real passage and questions that repeat a sentence of it but for a few words: give those words."""
    sentences: list[str] = []
    while len(sentences) < 3:
        sentences += pick(rng, held_out)
    sentences = sentences[: rng.randint(3, 6)]
    cut = rng.randint(1, len(sentences) - 1)
    turns = [gap(rng, s) for s in rng.sample(sentences, rng.randint(1, gaps))]
    if not known and rng.random() < 0.15:
        turns[-1] = stranger(rng, held_out)
    passages = [Passage("", " ".join(sentences[:cut])), Passage("", " ".join(sentences[cut:]))]
    opening = render("Answer with the words of the document.", turns[0].asked, passages=passages)
    return episode("cloze", opening, turns)


def pick(rng: Random, held_out: bool) -> list[str]:
    """The sentences of a random paragraph; held-out ones are never trained on."""
    while True:
        found = rng.choice(paragraphs())
        if is_held_out(found[0]) == held_out:
            return list(found)


def stranger(rng: Random, held_out: bool) -> Turn:
    """A question about a sentence that is not shown."""
    asked = gap(rng, pick(rng, held_out)[0]).asked
    return Turn(asked, UNKNOWN, (Copy(UNKNOWN),))


def gap(rng: Random, sentence: str) -> Turn:
    """A question made of the sentence without one span, some of its words dropped, and that span."""
    tokens = sentence.rstrip(".!?:").split()
    for _ in range(8):
        size = rng.randint(1, min(4, len(tokens) - 3))
        start = rng.randint(0, len(tokens) - size)
        span = tokens[start : start + size]
        if span[0].lower() not in SMALL and span[-1].lower() not in SMALL:
            break
    before, after = tokens[:start], tokens[start + size :]
    answer = " ".join(span).strip(",;()\"'")
    drop = rng.choice([0.0, 0.1, 0.3])
    keep = [w for w in before + after if rng.random() >= drop] or before + after
    form = rng.randrange(3)
    if form == 0:
        asked = " ".join([*before, rng.choice(["what", "____", "which"]), *after]) + "?"
    elif form == 1:
        asked = "What " + " ".join(keep) + "?"
    else:
        asked = (
            rng.choice(["Which", "Who or what", "How", "When", "Where", "What"])
            + " "
            + " ".join(keep[-12:])
            + "?"
        )
    answer = answer or span[0]
    return Turn(asked, answer, (Copy(answer),))


def reading(rng: Random, held_out: bool = False) -> Episode:
    """Plain reading: a paragraph to continue, or a word and its gloss."""
    if rng.random() < 0.3:
        sense = rng.choice(noun_senses())
        asked, answer = f"What is {sense.lemma}?", sense.gloss
        return episode("reading", render("", asked), [Turn(asked, answer)])
    first, *rest = pick(rng, held_out)
    said = (Message("system", "Continue the text."), Message("user", first))
    return episode("reading", said, [Turn(first, " ".join(rest)[:500] or first, taught=False)])
