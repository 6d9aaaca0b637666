"""What is compared: one file a method; `ls` shows the list, `METHODS` orders it from simple to complex."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.methods.candidates import Candidate, candidates, method_name, model_name
from advisor.methods.encoder import EncoderLora
from advisor.methods.few_shot import FewShot
from advisor.methods.head import FeatureHead
from advisor.methods.long_context import LongContext
from advisor.methods.lora import Lora
from advisor.methods.method import Method, Situation, Training
from advisor.methods.nearest_shot import NearestShot
from advisor.methods.one_shot import OneShot
from advisor.methods.prompt_search import PromptSearch
from advisor.methods.rag import Rag
from advisor.methods.rag_few_shot import RagFewShot
from advisor.methods.rag_lora import RagLora
from advisor.methods.rag_reader import RagReader
from advisor.methods.stacked_lora import StackedLora
from advisor.methods.zero_shot import ZeroShot

METHODS: tuple[Method, ...] = (
    ZeroShot(),
    OneShot(),
    FewShot(),
    NearestShot(),
    FeatureHead(),
    EncoderLora(),
    RagReader(),
    Rag(),
    RagFewShot(),
    LongContext(),
    PromptSearch(),
    Lora(),
    StackedLora(),
    RagLora(),
)
"""Simplest first: among methods that are equally good, the first one is recommended."""

BY_NAME: Mapping[str, Method] = {method.name: method for method in METHODS}


def method_of(candidate: str) -> Method:
    """The method of a candidate, by the candidate's name."""
    return BY_NAME[method_name(candidate)]


__all__ = [
    "BY_NAME",
    "METHODS",
    "Candidate",
    "Method",
    "Situation",
    "Training",
    "candidates",
    "method_name",
    "method_of",
    "model_name",
]
