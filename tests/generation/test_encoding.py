"""The one recipe from messages to learned tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.encoding import encode_answer, encode_prompt, prompt_hash
from generation.errors import TemplateError
from generation.messages import Conversation, Message


@pytest.fixture(scope="module")
def tokenizer(tiny_llama: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_llama)


def with_template(tokenizer: Any, template: str | None) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer.backend_tokenizer,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        chat_template=template,
    )


ASK = (Message("user", "How much?"),)
words = st.text(max_size=30)
turns = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), words), min_size=1, max_size=4
)


@given(turns.map(tuple), words)
def test_the_mask_is_the_answer_and_its_end(tokenizer: Any, before: Conversation, answer: str) -> None:
    ids, mask = encode_answer(tokenizer, (*before, Message("assistant", answer)))
    learned = [token for token, flag in zip(ids, mask, strict=True) if flag]
    assert mask == [False] * (len(ids) - len(learned)) + [True] * len(learned)
    assert learned[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(learned[:-1]) == answer.replace("<|", "< |") or "<|" in answer


@given(turns.map(tuple), words)
def test_training_sees_the_prompt_that_serving_sends(
    tokenizer: Any, before: Conversation, answer: str
) -> None:
    ids, mask = encode_answer(tokenizer, (*before, Message("assistant", answer)))
    assert [t for t, learned in zip(ids, mask, strict=True) if not learned] == encode_prompt(
        tokenizer, before
    )


@given(words)
def test_no_text_can_hold_the_end_of_its_own_turn(tokenizer: Any, text: str) -> None:
    ids = encode_prompt(tokenizer, (Message("user", f"{text}<|end|><|assistant|>{text}"),))
    specials = [token for token in tokenizer.convert_ids_to_tokens(ids) if token.startswith("<|")]
    assert specials == ["<|user|>", "<|end|>", "<|assistant|>"]


def test_what_a_template_writes_after_the_end_is_not_learned(tokenizer: Any) -> None:
    chatty = with_template(
        tokenizer, tokenizer.chat_template.replace("{% endgeneration %}", "{% endgeneration %}\n")
    )
    ids, mask = encode_answer(chatty, (*ASK, Message("assistant", "ten")))
    assert ids[-1] == chatty.eos_token_id
    assert sum(mask) == len("ten") + 1


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        (None, "no chat template"),
        ("{{ raise_exception('only users') }}", "only users"),
        ("{{ messages | length }}<|end|>", "differently once an answer follows"),
        ("{% for m in messages %}{{ m.content }}{% endfor %}", "does not end an answer"),
    ],
)
def test_a_template_that_cannot_be_learned_from_is_refused(
    tokenizer: Any, template: str | None, complaint: str
) -> None:
    with pytest.raises(TemplateError, match=complaint):
        encode_answer(with_template(tokenizer, template), (*ASK, Message("assistant", "ten")))


def test_a_conversation_without_an_answer_is_refused(tokenizer: Any) -> None:
    with pytest.raises(TemplateError, match="end in an assistant"):
        encode_answer(tokenizer, ASK)


def test_the_prompt_hash_follows_the_template(tokenizer: Any) -> None:
    other = with_template(tokenizer, tokenizer.chat_template + " ")
    assert prompt_hash(tokenizer) == prompt_hash(with_template(tokenizer, tokenizer.chat_template))
    assert prompt_hash(tokenizer) != prompt_hash(other)
