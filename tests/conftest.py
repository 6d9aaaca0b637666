"""What several packages' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.pocket.recipe.tokenizer import ASSISTANT, CHAT_TEMPLATE, END, PAD, SYSTEM, USER
from tests.tiny_models import save


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama with random weights, two narrow layers and a token for every byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    specials = [PAD, SYSTEM, USER, ASSISTANT, END]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe = Tokenizer(models.BPE({token: i for i, token in enumerate(specials + alphabet)}, []))
    bpe.add_special_tokens(specials)
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bpe.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=PAD, eos_token=END, chat_template=CHAT_TEMPLATE, model_max_length=512
    )
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    return save(
        tmp_path_factory.mktemp("models") / "tiny",
        "AutoModelForCausalLM",
        "LlamaConfig",
        tokenizer,
        seed=1,
        max_position_embeddings=512,
        initializer_range=0.1,
        tie_word_embeddings=True,
        bos_token_id=None,
        **shape,
    )


@pytest.fixture(scope="session")
def tiny_t5(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A T5 with random weights and the tokens of `tiny_llama`, but like all T5 without a chat template."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    tokenizer.chat_template = None
    shape = {"d_model": 48, "d_kv": 12, "d_ff": 96, "num_layers": 1, "num_decoder_layers": 2, "num_heads": 4}
    return save(
        tmp_path_factory.mktemp("models") / "t5",
        "AutoModelForSeq2SeqLM",
        "T5Config",
        tokenizer,
        seed=1,
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=tokenizer.pad_token_id,
        **shape,
    )
