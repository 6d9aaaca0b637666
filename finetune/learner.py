"""A base model with a LoRA adapter that learns: losses, steps and files; knows no epochs and no plans."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from torch.nn.functional import cross_entropy
from transformers import DynamicCache

from finetune.dataset import EncodedExample
from finetune.recipe import Recipe
from generation import checkpoint
from generation.answer import Answer
from generation.decoding import decode
from generation.language_model import Request
from generation.prefix import shared_length

LONGEST_STEP = 1.0
"""The norm that gradients are clipped to."""


@dataclass(frozen=True, slots=True)
class Canary:
    """What the finished adapter does when it is loaded as serving loads it."""

    base_loss: float
    trained_loss: float
    """The loss of the model that was trained, on the rows of the canary."""
    served_loss: float
    """The loss of the folder that was written, on the same rows."""
    ended: bool
    """Whether the answer to the first of these rows came to its end of turn."""


class Learner:
    """A model folder with a fresh adapter on all its linear layers.

    The adapter's first weights follow the recipe's seed; the base's weights never change.

    Raises:
        ModelUnavailableError: there is no readable model in the folder.
    """

    def __init__(self, base: Path, recipe: Recipe) -> None:
        self.tokenizer = checkpoint.load_tokenizer(base)
        self.window = checkpoint.context_window(base, self.tokenizer)
        self._base = base
        with torch.random.fork_rng(devices=[]), checkpoint.hushed():
            torch.manual_seed(recipe.seed)
            model = checkpoint.load_model(base)
            self.width: int = model.config.get_text_config().hidden_size
            self._model = get_peft_model(model, _config(recipe))
        self._model.peft_config["default"].base_model_name_or_path = base.name
        self._weights = [p for p in self._model.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(self._weights, weight_decay=0.0)

    def step(self, rows: Sequence[EncodedExample], rate: float) -> float:
        """Learn from the rows once; their mean loss per learned token, before the step."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        summed, count = _loss(self._model, rows)
        loss = summed / count
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._weights, LONGEST_STEP)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        return float(loss.detach())

    def loss(self, steps: Sequence[Sequence[EncodedExample]]) -> float:
        """Mean loss per learned token over all steps, without learning."""
        return _mean_loss(self._model, steps)

    def snapshot(self) -> dict[str, torch.Tensor]:
        """A copy of the adapter's weights."""
        weights = get_peft_model_state_dict(self._model, save_embedding_layers=False)
        return {name: weight.detach().clone() for name, weight in weights.items()}

    def restore(self, weights: dict[str, torch.Tensor]) -> None:
        """Go back to a snapshot."""
        set_peft_model_state_dict(self._model, weights)

    def save(self, folder: Path) -> None:
        """Write the adapter as PEFT does."""
        self._model.save_pretrained(folder, save_embedding_layers=False)
        # PEFT's card tells the path of the base on this machine; ours is written with the manifest.
        (folder / "README.md").unlink(missing_ok=True)

    def canary(self, folder: Path, rows: Sequence[EncodedExample]) -> Canary:
        """Load the written adapter as serving does, and compare it on the rows."""
        trained = self.loss([rows])
        with self._model.disable_adapter():
            base = self.loss([rows])
        served = checkpoint.with_adapter(
            checkpoint.load_model(self._base), self.tokenizer, self._base, folder
        )
        return Canary(base, trained, _mean_loss(served, [rows]), self._ends(served, rows[0]))

    def _ends(self, model: Any, row: EncodedExample) -> bool:
        room = self.window - len(row.prompt)
        request = Request(messages=(), max_tokens=min(2 * row.answer_tokens + 8, room))
        answer = Answer(request, checkpoint.end_tokens(model, self.tokenizer), lambda _: "")
        for _ in decode(model, [row.prompt], [answer], nullcontext()):
            pass
        return answer.finish_reason == "stop"


def _config(recipe: Recipe) -> LoraConfig:
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=0.0,
        target_modules="all-linear",
    )


@torch.no_grad()
def _mean_loss(model: Any, steps: Sequence[Sequence[EncodedExample]]) -> float:
    parts = [_loss(model, rows) for rows in steps]
    return float(sum(float(summed) for summed, _ in parts) / sum(count for _, count in parts))


def _loss(model: Any, rows: Sequence[EncodedExample]) -> tuple[torch.Tensor, int]:
    """Summed loss of the learned tokens, and how many they are.

    A beginning that all rows share is computed once, with its gradients. The rests are padded on
    the left, as in serving, so all answers stand at the end and only the last columns need logits.
    """
    shared = shared_length([row.prompt for row in rows])
    rests = [row.ids[shared:] for row in rows]
    width, kept = max(map(len, rests)), max(row.answer_tokens for row in rows)
    ids = _left(rests, width, model.device)
    real = torch.cat(
        [
            torch.ones_like(ids[:, :1]).expand(-1, shared),
            _left([[1] * len(rest) for rest in rests], width, model.device),
        ],
        dim=1,
    )
    learned = _left([[1] * row.answer_tokens for row in rows], kept, model.device).bool()
    cache = _begin(model, rows[0].ids[:shared], len(rows)) if shared else None
    out = model(
        input_ids=ids,
        attention_mask=real,
        position_ids=(real.cumsum(1) - 1).clamp(min=0)[:, shared:],
        past_key_values=cache,
        use_cache=cache is not None,
        logits_to_keep=kept + 1,
    )
    logits = out.logits[:, :-1][learned].float()
    return cross_entropy(logits, ids[:, -kept:][learned], reduction="sum"), int(learned.sum())


def _begin(model: Any, tokens: list[int], rows: int) -> DynamicCache:
    cache = DynamicCache(config=model.config)
    ids = torch.tensor([tokens], device=model.device)
    model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
    cache.batch_repeat_interleave(rows)
    return cache


def _left(rows: Sequence[Sequence[int]], width: int, device: Any) -> torch.Tensor:
    """Rows of one width, filled up with 0 on the left."""
    return torch.tensor([[0] * (width - len(row)) + [*row] for row in rows], device=device)
