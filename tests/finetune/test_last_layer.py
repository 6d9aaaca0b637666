"""The last layer is computed where it is wanted, and there it is the same."""

from __future__ import annotations

from pathlib import Path

import torch

from finetune.last_layer import LastLayer
from generation.checkpoint import load_model


def test_wanted_tokens_come_out_the_same_and_others_are_left_out(tiny_llama: Path) -> None:
    body = load_model(tiny_llama).base_model
    ids = torch.arange(1, 25).view(2, 12)
    wanted = torch.zeros(2, 12, dtype=torch.bool)
    wanted[0, 3], wanted[1, 5:] = True, True
    with torch.inference_mode():
        whole = body(input_ids=ids).last_hidden_state
        with LastLayer(body).only(wanted):
            part = body(input_ids=ids).last_hidden_state
        assert torch.allclose(body(input_ids=ids).last_hidden_state, whole)
    assert torch.allclose(part[wanted], whole[wanted], atol=1e-5)
    assert not torch.isclose(part[~wanted], whole[~wanted], atol=1e-3).all(-1).any()
