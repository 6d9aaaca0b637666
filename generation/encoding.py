"""Messages to tokens, and which of them are learned: one recipe for training, measuring and serving.

Knows nothing about weights; a tokenizer is anything with a chat template.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol

from generation.errors import TemplateError
from generation.messages import Conversation, Message
from generation.prompts import Demonstration, Passage, render

TWO_PARTS = (
    "{% for turn in messages %}"
    "{% if turn.role == 'assistant' and loop.last %}{{ eos_token + turn.content + eos_token }}"
    "{% else %}{{ ('' if loop.first else '\n') + turn.content }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ eos_token }}{% endif %}"
)
"""The form of conversations for models that read with one part and write with another, as T5 was trained:
a text and its end, an answer and its end."""


class AddedToken(Protocol):
    """A token that stands for itself, whatever text is around it."""

    content: str
    special: bool


class ChatTokenizer(Protocol):
    """The part of a transformers tokenizer that encoding needs."""

    chat_template: str | None
    eos_token_id: int | None
    added_tokens_decoder: Mapping[int, AddedToken]

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> str:
        """The rendered text, with tokenize=False."""
        ...

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """The tokens of a text."""
        ...


def encode_prompt(tokenizer: ChatTokenizer, messages: Conversation) -> list[int]:
    """The tokens after which the model answers.

    Raises:
        TemplateError: the tokenizer has no chat template, or it refuses these turns.
    """
    return tokenizer.encode(_text(tokenizer, messages, ask=True), add_special_tokens=False)


def encode_answer(tokenizer: ChatTokenizer, messages: Conversation) -> tuple[list[int], list[bool]]:
    """Tokens of a conversation that ends in an answer, and a mask that is True on that answer.

    The tokens begin with exactly those of `encode_prompt`; the mask covers the answer and the
    token that ends its turn. What a template writes after that token is left out.

    Raises:
        TemplateError: the template changes the prompt once an answer follows, or ends no turn.
    """
    if not messages or messages[-1].role != "assistant":
        raise TemplateError("The conversation must end in an assistant's message.")
    asked = _text(tokenizer, messages[:-1], ask=True)
    told = _text(tokenizer, messages, ask=False)
    if not told.startswith(asked):
        raise TemplateError("The chat template writes the prompt differently once an answer follows it.")
    prompt = tokenizer.encode(asked, add_special_tokens=False)
    answer = _to_end_of_turn(tokenizer, _rest(tokenizer, prompt, asked, told))
    return prompt + answer, [False] * len(prompt) + [True] * len(answer)


def prompt_hash(tokenizer: ChatTokenizer) -> str:
    """A hash of the chat template and of every form that `prompts.render` gives a task.

    Adapters record it: one trained on other forms than those served is refused.
    """
    forms = [[m.as_dict() for m in form] for form in _FORMS]
    told = json.dumps([tokenizer.chat_template, forms], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def _text(tokenizer: ChatTokenizer, messages: Conversation, *, ask: bool) -> str:
    if not tokenizer.chat_template:
        raise TemplateError("The model's tokenizer has no chat template; use an instruction-tuned model.")
    turns = [_harmless(tokenizer, m).as_dict() for m in messages]
    try:
        return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=ask)
    except Exception as error:
        raise TemplateError(f"The model's chat template refuses this conversation: {error}") from error


def _harmless(tokenizer: ChatTokenizer, message: Message) -> Message:
    """Break special tokens that stand in a text, so that no text can begin a turn of its own."""
    content = message.content
    for token in tokenizer.added_tokens_decoder.values():
        if token.special and len(token.content) > 1:
            content = content.replace(token.content, f"{token.content[0]} {token.content[1:]}")
    return Message(message.role, content)


def _rest(tokenizer: ChatTokenizer, prompt: list[int], asked: str, told: str) -> list[int]:
    """The answer's tokens; encoded by itself where a token would span the border of the prompt, or where
    another part of the model reads the prompt.
    """
    whole = tokenizer.encode(told, add_special_tokens=False)
    if whole[: len(prompt)] == prompt and tokenizer.chat_template != TWO_PARTS:
        return whole[len(prompt) :]
    return tokenizer.encode(told[len(asked) :], add_special_tokens=False)


def _to_end_of_turn(tokenizer: ChatTokenizer, answer: list[int]) -> list[int]:
    end = tokenizer.eos_token_id
    if end is None or end not in answer:
        raise TemplateError("The chat template does not end an answer with the tokenizer's eos_token.")
    return answer[: len(answer) - answer[::-1].index(end)]


_SHOWN = Demonstration("input", "output")
_FORMS = (
    render("instruction", "question"),
    render("", "question"),
    render("instruction", "question", labels=("a", "b")),
    render("instruction", "question", demonstrations=(_SHOWN, _SHOWN)),
    render("instruction", "question", passages=(Passage("title", "text"), Passage("", "text"))),
    render("instruction", "question", labels=("a",), demonstrations=(_SHOWN,), passages=(Passage("", "t"),)),
)
