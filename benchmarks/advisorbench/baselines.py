"""What others do instead of asking the adviser: each is a choice among the methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from advisor.scoring import Floats
from benchmarks.advisorbench.tensors import Tensor

Choice = Mapping[str, float]
"""Method -> how often it is taken; the shares add up to 1."""
FEW = 50
"""Labels under which the blogs prompt; guides to fine-tuning ask for 50 to 100 examples."""
RETRIEVED = ("rag", "rag-reader")
TUNED = ("lora", "encoder-lora", "feature-head")
PROMPTED = ("few-shot", "zero-shot")


def choices(tensor: Tensor, every: Sequence[str]) -> dict[str, Choice]:
    """Each baseline's choice among the methods that were measured and meet the constraints.

    `every` names the methods that are always taken, one baseline each; where one does not apply, the
    simplest method is taken.
    """
    allowed = [name for name in tensor.samples if name not in tensor.about.excluded]
    always = {f"always-{name}": sure(name if name in allowed else allowed[0]) for name in every}
    return always | {
        "blog_rule": sure(blog_rule(allowed, tensor.about.n, tensor.about.corpus)),
        "single_split_argmax": _single_split(tensor, allowed),
        "cv_argmax": sure(_highest(tensor, allowed, np.ones(len(folds_of(tensor)), bool))),
        "random": dict.fromkeys(allowed, 1 / len(allowed)),
    }


def expected(choice: Choice, losses: Mapping[str, float]) -> float:
    """What the choice loses on average."""
    return sum(share * losses[name] for name, share in choice.items())


def sure(method: str) -> Choice:
    """That method every time."""
    return {method: 1.0}


def blog_rule(allowed: Sequence[str], n: int, has_corpus: bool) -> str:
    """Knowledge in documents: RAG; few labels: prompt; else fine-tune."""
    first: tuple[str, ...] = RETRIEVED if has_corpus else PROMPTED if n < FEW else TUNED
    return next(name for name in (*first, *PROMPTED, *allowed) if name in allowed)


def _single_split(tensor: Tensor, allowed: Sequence[str]) -> Choice:
    """The highest score on a fifth of the samples, learned from the others; each fifth in its turn."""
    folds = folds_of(tensor)
    taken = [_highest(tensor, allowed, folds == fold) for fold in np.unique(folds)]
    return {name: taken.count(name) / len(taken) for name in taken}


def _highest(tensor: Tensor, allowed: Sequence[str], counted: npt.NDArray[np.bool_]) -> str:
    """The first, which is the simplest, of those with the highest score."""

    def score(columns: Floats) -> float:
        return float(tensor.metric.value(columns[counted].sum(axis=0)))

    return max(allowed, key=lambda name: score(tensor.samples[name].columns))


def folds_of(tensor: Tensor) -> npt.NDArray[np.int64]:
    """The fold of each sample; methods that learn nothing answer all samples in one."""
    found = [p.fold for p in tensor.samples.values()]
    return max(found, key=lambda fold: len(np.unique(fold)))
