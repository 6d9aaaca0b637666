"""How well an answer agrees with a reference: the SQuAD measures (Rajpurkar 2016)."""

from __future__ import annotations

from collections import Counter

from generation.words import chunks_of, normalise


def exact_match(output: str, reference: str) -> float:
    """1 where both have the same normal form."""
    return float(normalise(output) == normalise(reference))


def token_f1(output: str, reference: str) -> float:
    """Harmonic mean of token precision and recall; Kana and Han signs are tokens."""
    said, wanted = chunks_of(normalise(output)), chunks_of(normalise(reference))
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2 * shared / (len(said) + len(wanted)) if said or wanted else 1.0
