"""Model folders and adapter folders on disk, as torch modules; never asks a hub, never runs foreign code."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils import logging

from generation.adapter_folder import adapter_name, check_adapter
from generation.encoding import TWO_PARTS, ChatTokenizer
from generation.errors import ModelUnavailableError
from generation.families import family_of

logging.disable_progress_bar()


def device() -> str:
    """Where models run."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def load_tokenizer(folder: Path) -> Any:
    """The folder's tokenizer; one of a model of two parts may have no chat template, and is given one.

    Raises:
        ModelUnavailableError: there is none, or it cannot be read.
    """
    _check(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise ModelUnavailableError(f"The tokenizer of {folder.name!r} cannot be read: {error}") from error
    if not tokenizer.chat_template and family_of(folder) == "encoder_decoder":
        tokenizer.chat_template = TWO_PARTS
    return tokenizer


def load_model(folder: Path, *, quantized: bool = False) -> Any:
    """The folder's language model, in evaluation mode.

    float32 on a CPU: a label must not hang on the batch it was asked in, and bf16 logits tie
    too often for that (docs/decisions/0010-float32-on-a-cpu.md). On a GPU the checkpoint's own precision.
    Quantized, which is for training adapters alone, its linear layers are held in 4 bits by bitsandbytes.

    Raises:
        ModelUnavailableError: there is none, or it cannot be read.
    """
    _check_kind(folder)
    family = AutoModelForSeq2SeqLM if family_of(folder) == "encoder_decoder" else AutoModelForCausalLM
    options = _four_bits() if quantized else {}
    model = read(family, folder, torch.float32 if device() == "cpu" else "auto", **options)
    return _learnable(model.eval()) if quantized else model.to(device()).eval()


def read(family: Any, folder: Path, dtype: torch.dtype | Literal["auto"], **options: Any) -> Any:
    """The folder's model as that class of transformers reads it.

    Raises:
        ModelUnavailableError: there is none, or it cannot be read.
    """
    _check(folder)
    try:
        return family.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            **options,
        )
    except (OSError, ValueError, ImportError, KeyError, SafetensorError) as error:
        raise ModelUnavailableError(f"The model {folder.name!r} cannot be loaded: {error}") from error


def _learnable(model: Any) -> Any:
    """The model, but with layers of 4 bits that let gradients through.

    On some CPUs bitsandbytes packs the weights of layers in evaluation mode anew, for inference alone.
    """
    for module in model.modules():
        module.training = type(module).__name__ == "Linear4bit"
    return model


def _four_bits() -> dict[str, Any]:
    """Normal floats whose scales are quantized too (Dettmers et al. 2023, "QLoRA")."""
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32 if device() == "cpu" else torch.bfloat16,
    )
    return {"quantization_config": config, "device_map": {"": device()}}


def with_adapter(model: Any, tokenizer: ChatTokenizer, base: Path, adapter: Path) -> Any:
    """The model with the adapter's weights merged into its own.

    Raises:
        AdapterMismatchError: made for another base or other prompts.
        ModelUnavailableError: not finished, or unreadable.
    """
    check_adapter(adapter, base, tokenizer)
    return merged(model, adapter)


def merged(model: Any, adapter: Path) -> Any:
    """The model with any adapter of PEFT's in its weights.

    Raises:
        ModelUnavailableError: the adapter is unreadable.
    """
    try:
        with hushed():
            joined = PeftModel.from_pretrained(model, adapter, torch_device=device())
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailableError(
            f"Adapter {adapter_name(adapter)!r} cannot be loaded: {error}; train it again."
        ) from error
    return joined.merge_and_unload(safe_merge=True).eval()


@contextmanager
def hushed() -> Iterator[None]:
    """A block without the warning that PEFT causes by asking for an attribute transformers renames."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield


def context_window(folder: Path, tokenizer: Any) -> int:
    """Tokens that the configuration and the tokenizer both allow."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    text = config.get("text_config") or config
    limits = [text.get("max_position_embeddings"), text.get("n_positions"), tokenizer.model_max_length]
    return min(int(limit) for limit in limits if limit)


def end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """Tokens that end an answer."""
    listed = model.generation_config.eos_token_id
    named = listed if isinstance(listed, list) else [listed]
    return frozenset(t for t in [*named, tokenizer.eos_token_id] if t is not None)


def _check_kind(folder: Path) -> None:
    """Refuse what would be loaded with an output layer that knows nothing, or not at all."""
    if family_of(folder) == "encoder":
        raise ModelUnavailableError(
            f"{folder.name!r} is no language model but an encoder, which writes nothing; "
            "name the folder of one that writes."
        )


def _check(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ModelUnavailableError(
            f"There is no model in the folder of {folder.name!r} (no config.json); put it back."
        )
