"""A causal language model in a local folder, with or without a LoRA adapter."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock

from generation import checkpoint
from generation.adapter_folder import (
    AdapterManifest,
    check_adapter,
    check_trained_model,
    read_manifest,
)
from generation.answer import Answer
from generation.choices import ChoiceTree
from generation.decoding import BATCH_TOKENS, Draft, Writing
from generation.encoding import encode_answer, encode_prompt
from generation.errors import ContextTooLongError
from generation.language_model import Generation, Request
from generation.lora_rows import LoraRows, LoraWeights, read_lora
from generation.messages import Conversation, Message


class TransformersModel:
    """A model folder that answers batches; safe to call from several threads.

    Args:
        name: what the catalog calls it.
        folder: configuration, tokenizer with a chat template, safetensors weights.
        adapter: a finished adapter folder made for this base; merged into the weights.
        capacity: adapters kept in memory beside it.

    Raises:
        ModelUnavailableError: a folder is missing, unfinished or unreadable.
        AdapterMismatchError: the adapter was made for another base or other prompts.
    """

    def __init__(self, name: str, folder: Path, *, adapter: Path | None = None, capacity: int = 1) -> None:
        self._name = name
        self._tokenizer = checkpoint.load_tokenizer(folder)
        check_trained_model(folder, self._tokenizer)
        self._model = checkpoint.load_model(folder)
        if adapter is not None:
            self._model = checkpoint.with_adapter(self._model, self._tokenizer, folder, adapter)
        self._window = checkpoint.context_window(folder, self._tokenizer)
        self._ends = checkpoint.end_tokens(self._model, self._tokenizer)
        self._folder = folder
        self._adapters: OrderedDict[tuple[Path, AdapterManifest], LoraWeights] = OrderedDict()
        self._capacity = capacity
        self._bank = LoraRows(self._model)
        self._lock = Lock()
        self._tree = lru_cache(maxsize=64)(self._plant)

    @property
    def mixer(self) -> TransformersModel:
        """Itself: requests to it and to its adapters can be computed together."""
        return self

    @property
    def variant(self) -> None:
        """It has no adapter."""

    @property
    def name(self) -> str:
        """The name under which the catalog knows it."""
        return self._name

    @property
    def context_window(self) -> int:
        """Tokens that prompt and answer may have together."""
        return self._window

    def count_tokens(self, messages: Conversation) -> int:
        """Tokens of the rendered prompt."""
        return len(encode_prompt(self._tokenizer, messages))

    def generate(self, requests: Sequence[Request]) -> list[Generation]:
        """Answer each request, in order; requests of like length are computed together.

        Raises:
            ContextTooLongError: a prompt and its max_tokens exceed the context window; nothing ran.
            TemplateError: the chat template refuses a conversation; nothing ran.
        """
        return self.generate_mixed([(request, None) for request in requests])

    def generate_mixed(self, asked: Sequence[tuple[Request, LoraWeights | None]]) -> list[Generation]:
        """The same, each request with an adapter of its own, which `adapter` gave, or without.

        Raises:
            ContextTooLongError, TemplateError: as `generate`.
        """
        drafts = [self.draft(request, weights) for request, weights in asked]
        done: dict[int, Generation] = {}
        for batch in _batches([draft.room for draft in drafts]):
            done.update(zip(batch, self._written([drafts[i] for i in batch]), strict=True))
        return [done[i] for i in range(len(drafts))]

    def draft(self, request: Request, variant: LoraWeights | None) -> Draft:
        """An answer to be written.

        Raises:
            ContextTooLongError, TemplateError: as `generate`.
        """
        prompt = encode_prompt(self._tokenizer, request.messages)
        tree = self._tree(request.choices) if request.choices else None
        answer = Answer(request, self._ends, self._decode, tree)
        if len(prompt) + answer.room > self._window:
            raise ContextTooLongError(
                f"The prompt has {len(prompt)} tokens and the answer may have {answer.room}, but "
                f"{self._name!r} takes {self._window} together; shorten the prompt or lower max_tokens."
            )
        return Draft(prompt, answer, variant)

    def writing(self) -> Writing:
        """Where drafts of different callers are written together."""
        return Writing(self._model, self._bank, self._lock)

    def adapter(self, folder: Path) -> LoraWeights:
        """The matrices of an adapter that was made for this base; those used least lately are forgotten.

        Raises:
            AdapterMismatchError: it was made for another base or other prompts.
            ModelUnavailableError: it is not finished, or unreadable.
        """
        version = read_manifest(folder)
        with self._lock:
            if (folder, version) not in self._adapters:
                check_adapter(folder, self._folder, self._tokenizer)
                self._adapters[folder, version] = read_lora(folder, self._model)
            self._adapters.move_to_end((folder, version))
            while len(self._adapters) > self._capacity:
                self._adapters.popitem(last=False)
            return self._adapters[folder, version]

    def stream(self, request: Request, variant: LoraWeights | None = None) -> Iterator[str | Generation]:
        """Pieces of text as they come, then the finished Generation as the last item.

        Raises:
            ContextTooLongError: prompt and max_tokens exceed the context window.
        """
        return self._pieces(self.draft(request, variant))

    def _pieces(self, draft: Draft) -> Iterator[str | Generation]:
        writing = self.writing()
        writing.join([draft])
        while not writing.is_done:
            if piece := draft.news():
                yield piece
            writing.go_on()
        if piece := draft.news():
            yield piece
        yield draft.generation()

    def _written(self, drafts: Sequence[Draft]) -> list[Generation]:
        """All of them, with an even share of the time that they took."""
        began, writing = time.perf_counter(), self.writing()
        writing.join(drafts)
        while not writing.is_done:
            writing.go_on()
        each = (time.perf_counter() - began) / len(drafts)
        return [replace(draft.generation(), seconds=each) for draft in drafts]

    def _decode(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))

    def _plant(self, choices: tuple[str, ...]) -> ChoiceTree:
        return ChoiceTree([(choice, self._tokens_of(choice)) for choice in choices])

    def _tokens_of(self, choice: str) -> list[int]:
        ids, mask = encode_answer(self._tokenizer, (Message("user", "?"), Message("assistant", choice)))
        return [token for token, learned in zip(ids, mask, strict=True) if learned]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers, longest first, such that rows times the longest stay within the budget."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
