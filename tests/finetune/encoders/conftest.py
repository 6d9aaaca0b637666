"""A tiny BERT with random weights, and rows that it can learn."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.data.rows import LabelRow, TagRow

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
WORDS = """the cat dog cow sheep barks says meow woof moo baa at in paris rome anna otto lives now
again""".split()  # noqa: SIM905
FAMILIES = ("BertConfig", "RobertaConfig", "DistilBertConfig")


@pytest.fixture(scope="session", params=FAMILIES)
def any_encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(request.param, tmp_path_factory.mktemp("encoders") / request.param)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("BertConfig", tmp_path_factory.mktemp("encoders") / "bert")


def made(family: str, folder: Path, seed: int = 3) -> Path:
    import torch
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: at for at, word in enumerate([*SPECIALS, *WORDS])}
    rules = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    rules.normalizer = normalizers.BertNormalizer()
    rules.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    rules.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=rules, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    tokenizer.model_max_length = 24
    config = getattr(transformers, family)(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        hidden_dim=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=32,
        initializer_range=0.1,
        pad_token_id=0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        transformers.AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def sounds() -> list[LabelRow]:
    """Which animal it is; half of the words do not matter."""
    pairs = {"cat": "meow", "dog": "woof", "cow": "moo"}
    ends = ("", " now", " again", " at paris", " in rome", " the sheep")
    return [
        LabelRow(line, f"{sound}{end}", animal)
        for line, (end, (animal, sound)) in enumerate((e, p) for e in ends for p in pairs.items())
    ]


@pytest.fixture(scope="session")
def sentences() -> list[TagRow]:
    """Names and places."""
    frames = [
        ("{p} lives in {c}", "B-PER O O B-LOC"),
        ("now {p} says the {c} cow", "O B-PER O O B-LOC I-LOC"),
        ("{c} at {p} again", "B-LOC O B-PER O"),
    ]
    names = [(p, c) for p in ("anna", "otto") for c in ("paris", "rome")]
    filled = [(frame.format(p=p, c=c), tags) for frame, tags in frames for p, c in names]
    return [TagRow(i, tuple(text.split()), tuple(tags.split())) for i, (text, tags) in enumerate(filled)]
