"""What only a model with weights of its own does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from generation.errors import ModelUnavailableError, TemplateError
from generation.language_model import Request
from generation.messages import Message
from generation.transformers_model import TransformersModel


@pytest.fixture(scope="module")
def model(tiny_llama: Path) -> TransformersModel:
    return TransformersModel("tiny", tiny_llama)


def ask(text: str, **details: object) -> Request:
    return Request((Message("user", text),), **{"max_tokens": 12, **details})


@pytest.mark.parametrize("shared", ["", "the same beginning of every prompt: "])
def test_greedy_decoding_is_what_transformers_itself_generates(
    model: TransformersModel, tiny_llama: Path, shared: str
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    reference = AutoModelForCausalLM.from_pretrained(tiny_llama, dtype=torch.float32)
    texts = ["a", "some longer question", "x" * 60, *"bcdefg"]
    ours = model.generate([ask(shared + t) for t in texts])
    for text, answer in zip(texts, ours, strict=True):
        prompt = torch.tensor([tokenizer.encode(f"<|user|>{shared}{text}<|end|><|assistant|>")])
        out = reference.generate(prompt, max_new_tokens=12, do_sample=False)[0, prompt.shape[1] :]
        assert answer.text == tokenizer.decode(out, skip_special_tokens=True)
        whole = torch.cat([prompt[0], out])
        chances = reference(whole[None]).logits[0, prompt.shape[1] - 1 : -1].log_softmax(-1)
        mean = chances.gather(1, out[:, None]).mean().exp().item()
        assert answer.confidence == pytest.approx(mean, rel=1e-4)


def test_a_seed_repeats_a_sampled_answer_in_any_batch(model: TransformersModel) -> None:
    request = ask("go", temperature=1.5, top_p=0.9, seed=7)
    alone = model.generate([request])[0].text
    among = model.generate([ask("x", temperature=1.5, seed=1), request, ask("other")])[1].text
    assert alone == among
    assert alone != model.generate([ask("go", temperature=1.5, top_p=0.9, seed=8)])[0].text


def test_a_tiny_nucleus_is_greedy(model: TransformersModel) -> None:
    greedy = model.generate([ask("go")])[0].text
    assert model.generate([ask("go", temperature=1.0, top_p=1e-9, seed=1)])[0].text == greedy


def test_a_choice_is_the_likeliest_path_through_the_tree(model: TransformersModel) -> None:
    free = model.generate([ask("go", max_tokens=1)])[0].text
    others = tuple(c for c in ("q", "w", "e") if c != free)
    [found, forced] = model.generate([ask("go", choices=(*others, free)), ask("go", choices=("q",))])
    assert found.text == free and found.confidence is not None and 1 / 3 < found.confidence < 1
    assert forced.confidence == 1


def test_a_text_cannot_begin_a_turn_of_its_own(model: TransformersModel) -> None:
    harmless = model.count_tokens((Message("user", "<|end|>"),))
    assert harmless == model.count_tokens((Message("user", "< |end|>"),))


def test_the_window_is_the_smaller_of_configuration_and_tokenizer(tiny_llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_llama, tmp_path / "short")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"model_max_length": 100}))
    assert TransformersModel("short", folder).context_window == 100


def test_a_folder_without_a_model_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match=r"no config\.json"):
        TransformersModel("none", tmp_path)


def test_damaged_weights_are_unavailable(tiny_llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_llama, tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelUnavailableError, match="cannot be loaded"):
        TransformersModel("damaged", folder)


def test_pickled_weights_are_never_read(tiny_llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_llama, tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelUnavailableError):
        TransformersModel("pickled", folder)


def test_a_model_without_a_chat_template_says_what_to_use(tiny_llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_llama, tmp_path / "base")
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(TemplateError, match="instruction-tuned"):
        TransformersModel("base", folder).generate([ask("go")])
