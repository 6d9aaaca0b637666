"""Texts as they are compared: their normal form, and their words in any script.

A word is letters that belong together, or a single sign where no spaces are written.
"""

from __future__ import annotations

import re
import string

SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han, as a range of a character class."""
_WORD = re.compile(rf"[{SIGNS}]|[^\W{SIGNS}]+")
_CHUNK = re.compile(rf"[{SIGNS}]|[^\s{SIGNS}]+")
_SIGN = re.compile(f"[{SIGNS}]")
SIGNS_PER_WORD = 2
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_CURLY_AND_WIDE = (
    "\u00a1\u00ab\u00bb\u00bf\u2018\u2019\u201c\u201d\u2026"
    "\u3001\u3002\u300c-\u300f\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
)
_MARKS = re.escape(string.punctuation) + _CURLY_AND_WIDE
_PUNCTUATION = re.compile(rf"""(?<=\d)[.:/-](?=\d)|(?<!\w)[.-](?=\d)|(?P<idle>[{_MARKS}])""")
"""Points, dashes, strokes and colons that belong to a number, or else an idle mark."""


def normalise(text: str) -> str:
    """SQuAD's normal form: lower case, no punctuation, no articles, single spaces (Rajpurkar 2016).

    Unlike there, marks inside numbers stay (1.5 is not 15), and a text of nothing but marks and
    articles stays itself.
    """
    lower = text.lower().replace("\N{MINUS SIGN}", "-")
    bare = _PUNCTUATION.sub(lambda mark: "" if mark["idle"] else mark[0], lower)
    return " ".join(_ARTICLES.sub(" ", bare).split()) or lower.strip()


def words_of(text: str) -> list[str]:
    """Runs of letters and digits, lower case; the text itself where it has none."""
    lower = text.lower()
    return _WORD.findall(lower) or lower.split()


def chunks_of(text: str) -> list[str]:
    """What spaces separate; each Kana or Han sign alone."""
    return _CHUNK.findall(text)


def count_words(text: str) -> int:
    """About how many words a text has; two signs count as one."""
    signs = len(_SIGN.findall(text))
    return len(_SIGN.sub(" ", text).split()) + (signs + SIGNS_PER_WORD - 1) // SIGNS_PER_WORD
