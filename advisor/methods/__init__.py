"""What is compared: one file a method; `ls` shows the list, `METHODS` orders it from simple to complex."""

from __future__ import annotations

from advisor.methods.encoder import EncoderLora
from advisor.methods.few_shot import FewShot
from advisor.methods.head import FeatureHead
from advisor.methods.lora import Lora
from advisor.methods.method import Method, Situation, Training
from advisor.methods.nearest_shot import NearestShot
from advisor.methods.rag import Rag
from advisor.methods.rag_lora import RagLora
from advisor.methods.rag_reader import RagReader
from advisor.methods.zero_shot import ZeroShot

METHODS: tuple[Method, ...] = (
    ZeroShot(),
    FewShot(),
    NearestShot(),
    FeatureHead(),
    EncoderLora(),
    RagReader(),
    Rag(),
    Lora(),
    RagLora(),
)
"""Simplest first: among methods that are equally good, the first one is recommended."""

__all__ = ["METHODS", "Method", "Situation", "Training"]
