"""Train Pocket from episodes; resumes from its last checkpoint.

python -m generation.pocket.recipe.train FOLDER --minutes 120
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from generation.pocket.recipe import mixture, rows, tokenizer
from generation.pocket.recipe.guide import Guide

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 256, 6, 4, 704, 2048
PEAK_RATE = 2e-3
GUIDE_WEIGHT = 0.5
"""Of the guide's loss; it falls to zero at the end."""
SHAPES: tuple[tuple[float, rows.Shape], ...] = ((0.5, (8, 192)), (1.0, (4, 384)), (2.0, (4, 768)))
"""Rows and their length up to a hardness: small steps of short rows while the lessons are short."""


class Training:
    """Model, optimiser and clock; all of it goes into a checkpoint.

    The clock counts trained seconds of the processor against the budget: the learning rate stays flat, then
    falls linearly to zero over the last 60 %; the mixture moves from easy to hard; and the
    guide fades over the last 30 %.
    """

    def __init__(self, folder: Path, seconds: float, device: str, start: Path | None = None) -> None:
        self.folder, self.budget, self.device = folder, seconds, device
        self.easiest = 0.0 if start is None else 1.0
        folder.mkdir(parents=True, exist_ok=True)
        if start is not None:
            PreTrainedTokenizerFast.from_pretrained(start).save_pretrained(folder)
        elif not (folder / "tokenizer.json").exists():
            tokenizer.learn(tokenizer.lesson_texts()).save_pretrained(folder)
        self.tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        torch.manual_seed(0)
        self.model = LlamaForCausalLM(_config(self.tokenizer)).to(device)
        _start_readable(self.model)
        _start_alike(self.model, self.tokenizer)
        _start_copying(self.model)
        if start is not None:
            self.model.load_state_dict(
                LlamaForCausalLM.from_pretrained(start, dtype=torch.float32).state_dict()
            )
        if device == "cpu":
            self.model.set_attn_implementation(
                "eager"
            )  # bf16 matmuls: a third faster steps than the fused one
        self.guide = Guide(self.model)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.01, fused=True
        )
        self.step = self.tokens = 0
        self.elapsed = 0.0
        self._resume()

    @property
    def progress(self) -> float:
        """Share of the budget that is used, 0 to 1."""
        return min(1.0, self.elapsed / self.budget)

    @property
    def hardness(self) -> float:
        """Which lessons are drawn (see `mixture.draw`): the first at a fresh start, soon all sorts."""
        return max(self.easiest, float(np.interp(self.progress, (0.1, 0.15, 0.6, 1), (0, 1, 1, 1.8))))

    @property
    def shape(self) -> rows.Shape:
        """Rows and length of the next batch."""
        return next(shape for most, shape in SHAPES if self.hardness <= most)

    def run(self, save_every: float) -> None:
        """Train until the budget is used."""
        source = mixture.stream(self.step + 1, lambda: self.hardness)
        feed = rows.batches(source, self.tokenizer, lambda: self.shape)
        loss_of = torch.compile(self._loss, dynamic=False)
        saved = shown = time.monotonic()
        while self.progress < 1:
            began = time.process_time()
            batch = next(feed)
            arrays = (batch.ids, batch.weights, batch.sources, batch.clues)
            ids, weights, sources, clues = (torch.from_numpy(array).to(self.device) for array in arrays)
            guided = torch.tensor(min(1.0, (1 - self.progress) / 0.3))
            loss, answers, missed, scattered = loss_of(ids, weights, sources, clues, guided)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self._update()
            self.step += 1
            self.tokens += ids.numel()
            if self.step > 3:
                self.elapsed += time.process_time() - began
            if time.monotonic() - shown > 20:
                shown = time.monotonic()
                self._log(loss=loss, answers=answers, missed=missed, scattered=scattered)
            if time.monotonic() - saved > save_every:
                saved = time.monotonic()
                self.save()
        self.save()

    def _loss(
        self,
        ids: torch.Tensor,
        weights: torch.Tensor,
        sources: torch.Tensor,
        clues: torch.Tensor,
        guided: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """What is minimised, and its parts for the log: cross-entropy of the answers, the guide's losses."""
        with torch.autocast(self.device, dtype=torch.bfloat16):
            logits = self.model(ids, use_cache=False).logits
            missed, scattered = self.guide.loss(sources, clues)
        each = torch.nn.functional.cross_entropy(
            logits[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none"
        )
        weight = weights[:, 1:].flatten()
        taught = (weight > 1).float()
        answers = (each * taught).sum() / taught.sum().clamp(min=1)
        told = (each * weight).sum() / weight.sum()
        return told + GUIDE_WEIGHT * guided * (missed + scattered), answers, missed, scattered

    def _update(self) -> None:
        factor = min(1.0, (self.step + 1) / 50, (1 - self.progress) / 0.6)
        for group in self.optimiser.param_groups:
            group["lr"] = PEAK_RATE * factor
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def _log(self, **losses: torch.Tensor) -> None:
        line = {
            "step": self.step,
            "tokens": self.tokens,
            "progress": round(self.progress, 4),
            "hardness": round(self.hardness, 2),
            **{name: round(loss.item(), 4) for name, loss in losses.items()},
            "seconds": round(self.elapsed),
        }
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")

    def save(self) -> None:
        """Write the checkpoint atomically, and the bf16 model folder beside it."""
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "clock": (self.step, self.tokens, self.elapsed),
        }
        part = self.folder / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.folder / "checkpoint.pt")
        slim = LlamaForCausalLM(self.model.config).to(torch.bfloat16)
        slim.load_state_dict(self.model.state_dict())
        slim.save_pretrained(self.folder / "model")
        self.tokenizer.save_pretrained(self.folder / "model")

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.tokens, self.elapsed = state["clock"]


def _config(vocabulary: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=WIDTH,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        initializer_range=WIDTH**-0.5,
        bos_token_id=None,
        eos_token_id=vocabulary.eos_token_id,
        pad_token_id=vocabulary.pad_token_id,
    )


def _start_readable(model: LlamaForCausalLM) -> None:
    """Let token vectors outweigh what the layers add to them, so that what is copied can be read off.

    Vectors of unit variance also move little in each of Adam's steps; the last norm takes their size
    out of the logits again.
    """
    model.model.embed_tokens.weight.data.normal_()
    model.model.norm.weight.data.fill_(WIDTH**-0.5)
    for layer in model.model.layers:
        layer.mlp.down_proj.weight.data.zero_()


def _start_alike(model: LlamaForCausalLM, vocabulary: PreTrainedTokenizerFast) -> None:
    """Let tokens that differ only in a leading space or a capital start from nearly the same vector."""
    ids = vocabulary.get_vocab()
    vectors = model.model.embed_tokens.weight.data
    capital, space = torch.randn(2, WIDTH, device=vectors.device)
    for token, i in ids.items():
        if token.istitle() and token.lower() in ids:
            vectors[i] = 0.9 * vectors[ids[token.lower()]] + 0.45 * capital
    for token, i in ids.items():
        if token.startswith(tokenizer.SPACE) and token[1:] in ids:
            vectors[i] = 0.9 * vectors[ids[token[1:]]] + 0.45 * space


def _start_copying(model: LlamaForCausalLM) -> None:
    """Let every attention head start by passing on what it looks at."""
    for layer in model.model.layers:
        attention = layer.self_attn
        attention.o_proj.weight.data.copy_(attention.v_proj.weight.data.T)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=Path, help="a model folder to go on from, with a fresh clock")
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--save-every", type=float, default=300, help="seconds")
    given = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training = Training(given.folder, given.minutes * 60, device, given.start)
    training.run(given.save_every)


if __name__ == "__main__":
    main()
