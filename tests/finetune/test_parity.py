"""The loss of every step, against a training written out by hand with nothing clever in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from finetune import batches
from finetune.dataset import TrainingExample, encode
from finetune.job import own_lengths
from finetune.loop import rate_share
from finetune.progress import Progress
from finetune.recipe import Recipe
from finetune.rows import EncodedExample
from finetune.session import Session
from finetune.training import train_adapter

RECIPE = Recipe(rank=4, alpha=8, learning_rate=2e-3, epochs=2, batch_tokens=40, accumulate=3)


def by_hand(base: Path, rows: Sequence[EncodedExample], recipe: Recipe) -> list[tuple[float, float]]:
    """Loss and accuracy before each step: single rows, no padding, transformers' own scores."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
        config = LoraConfig(
            r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        model = get_peft_model(model, config)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, weight_decay=0.0)
    steps, told = batches.plan(own_lengths(rows), recipe), []
    for at, step in enumerate(steps):
        parts = [scored(model, rows[i]) for batch in step.batches for i in batch]
        scores, wanted = torch.cat([s for s, _ in parts]), torch.cat([w for _, w in parts])
        loss = torch.nn.functional.cross_entropy(scores, wanted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.param_groups[0]["lr"] = recipe.peak(1) * rate_share(at, len(steps))
        optimiser.step()
        optimiser.zero_grad()
        told.append((float(loss.detach()), float((scores.argmax(-1) == wanted).float().mean())))
    return told


def scored(model: Any, row: EncodedExample) -> tuple[Any, Any]:
    import torch

    scores = model(input_ids=torch.tensor([row.ids])).logits[0]
    at = [i for i, learned in enumerate(row.mask) if learned]
    return scores[[i - 1 for i in at]], torch.tensor([row.ids[i] for i in at])


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
def test_every_step_has_the_loss_of_a_plain_training(
    any_base: Path, animals: list[TrainingExample], tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    rows = encode(animals, AutoTokenizer.from_pretrained(any_base), 256)
    told: list[Progress] = []
    train_adapter(any_base, animals, RECIPE, tmp_path / "a", session=Session(on_step=told.append))
    wanted = by_hand(any_base, rows, RECIPE)
    assert len(told) == len(wanted) > 4
    assert [p.loss for p in told] == pytest.approx([loss for loss, _ in wanted], abs=1e-5)
    assert [p.accuracy for p in told] == pytest.approx([right for _, right in wanted])
