"""What learning and answering take, from what was measured with the shipped model on one core."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.folds import FOLDS, PROBES
from advisor.methods import Method, rag_few_shot
from advisor.methods.few_shot import SHOTS
from advisor.methods.prompt_search import PromptSearch, race_answers
from advisor.methods.rag import PASSAGES
from advisor.use_case import Preset, UseCase
from finetune.encoders.recipe import for_rows
from finetune.recipe import Recipe
from generation.words import count_words

LOAD_SECONDS = 10.0
TOKENS_PER_WORD = 2.0
TURN_TOKENS = 8
"""Of a demonstration, beside its words."""
PASSAGE_WORDS = 180
"""At most."""
READ_TOKENS_PER_SECOND = 5_000.0
WRITE_SECONDS_PER_TOKEN = 0.0015
"""Of an answer among others."""
ALONE = 5
"""Times that for one by itself."""
TRAIN_TOKENS_PER_SECOND = 2_000.0
EMBED_TOKENS_PER_SECOND = 8_000.0
POINT_TOKENS_PER_SECOND = 4_000.0
"""Of the passages that the reader reads."""
ENCODER_TRAIN_TOKENS_PER_SECOND = 1_200.0
SHOWN = {
    "one-shot": 1,
    "few-shot": SHOTS,
    "knn-few-shot": SHOTS,
    "prompt-search": SHOTS,
    "rag-few-shot": rag_few_shot.SHOTS,
}
"""Demonstrations of a prompt."""
EMBEDDING = ("knn-few-shot", "feature-head")
"""They embed every sample that they learn from, each once."""
CLASSIFYING = ("feature-head", "encoder-lora")
TRAINED = ("lora", "stacked-lora", "rag-lora", "encoder-lora")


def prepare_seconds(method: Method, use_case: UseCase, learned: int) -> float:
    """Of learning from so many samples; what is embedded once for all folds is not in it."""
    if method.name in TRAINED:
        return _train_seconds(method, use_case, learned)
    return searching(method, use_case.preset, learned) * answer_seconds(method, use_case)


def searching(method: Method, preset: Preset, learned: int) -> int:
    """Answers that learning from so many samples takes."""
    return race_answers(preset, learned) if method.name == PromptSearch.name else 0


def answer_seconds(method: Method, use_case: UseCase) -> float:
    """Of an answer among others: what stands at the beginning of all prompts is read once."""
    embedding, own = _tokens(use_case) / EMBED_TOKENS_PER_SECOND, _tokens(use_case)
    if method.name in CLASSIFYING:
        return embedding
    passages = _passage_tokens(method, use_case)
    if method.name == "rag-reader":
        return embedding + passages / POINT_TOKENS_PER_SECOND
    if method.name in EMBEDDING:
        own += SHOTS * (_tokens(use_case) + TURN_TOKENS)
    looking = embedding if passages or method.name in EMBEDDING else 0.0
    return looking + (own + passages) / READ_TOKENS_PER_SECOND + _write_seconds(use_case)


def timing_seconds(method: Method, use_case: UseCase) -> float:
    """Of the answers that are written alone, to measure how long one takes."""
    if not method.asks_model:
        return PROBES * answer_seconds(method, use_case)
    alone = prompt_tokens(method, use_case) / READ_TOKENS_PER_SECOND + ALONE * _write_seconds(use_case)
    return (PROBES + FOLDS) * alone


def embedding_seconds(use_case: UseCase) -> float:
    """Of all samples, once."""
    return len(use_case.samples) * _tokens(use_case) / EMBED_TOKENS_PER_SECOND


def index_seconds(use_case: UseCase) -> float:
    """Of the corpus, once."""
    return corpus_words(use_case) * TOKENS_PER_WORD / EMBED_TOKENS_PER_SECOND


def prompt_tokens(method: Method, use_case: UseCase) -> float:
    """Of the description, the sample, and what the method shows with it."""
    told = count_words(use_case.description) * TOKENS_PER_WORD
    shown = SHOWN.get(method.name, 0) * (_tokens(use_case) + TURN_TOKENS)
    return told + shown + _tokens(use_case) + _passage_tokens(method, use_case)


def answer_tokens(use_case: UseCase) -> float:
    """Of a wanted output, on average."""
    return _mean_words([s.output for s in use_case.samples]) * TOKENS_PER_WORD


def corpus_words(use_case: UseCase) -> int:
    """Of all documents."""
    return sum(len(d.text.split()) for d in use_case.corpus or ())


def _train_seconds(method: Method, use_case: UseCase, rows: int) -> float:
    if method.name == "encoder-lora":
        return rows * for_rows(rows).epochs * _tokens(use_case) / ENCODER_TRAIN_TOKENS_PER_SECOND
    return rows * Recipe.for_size(rows).epochs * prompt_tokens(method, use_case) / TRAIN_TOKENS_PER_SECOND


def _passage_tokens(method: Method, use_case: UseCase) -> float:
    if method.family not in ("retrieval", "both") or not use_case.corpus:
        return 0.0
    words = corpus_words(use_case)
    found = PASSAGES * min(words / len(use_case.corpus), PASSAGE_WORDS)
    return (words if method.name == "long-context" else found) * TOKENS_PER_WORD


def _write_seconds(use_case: UseCase) -> float:
    return answer_tokens(use_case) * WRITE_SECONDS_PER_TOKEN


def _tokens(use_case: UseCase) -> float:
    """Of a sample, on average."""
    return _mean_words([f"{s.input} {s.output}" for s in use_case.samples]) * TOKENS_PER_WORD


def _mean_words(texts: Sequence[str]) -> float:
    return sum(map(count_words, texts)) / len(texts)
