"""Adapters that share a base in memory: each answers as if it were alone and merged."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from peft import LoraConfig, get_peft_model

from generation import checkpoint
from generation.adapter_folder import adapter_path
from generation.catalog import Catalog
from generation.encoding import prompt_hash
from generation.errors import AdapterMismatchError, ModelUnavailableError
from generation.fingerprint import folder_hash
from generation.language_model import Request
from generation.messages import Message
from generation.transformers_model import TransformersModel

KINDS = {
    "plain": {"r": 4, "lora_alpha": 64},
    "rooted": {"r": 8, "lora_alpha": 16, "use_rslora": True},
    "some-layers": {"r": 2, "lora_alpha": 60, "target_modules": ["q_proj", "down_proj"]},
    "dora": {"r": 4, "lora_alpha": 30, "use_dora": True},
}
TEXTS = ("a", "some longer question than the others", "x" * 40)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path) -> Path:
    """An adapter of each kind with random weights, as PEFT writes them, with a manifest."""
    import torch

    root = tmp_path_factory.mktemp("adapters")
    told = {"base_name": "tiny", "base_hash": folder_hash(tiny_llama), "created": 1}
    told["prompt_hash"] = prompt_hash(checkpoint.load_tokenizer(tiny_llama))
    for seed, (name, dials) in enumerate(KINDS.items()):
        with torch.random.fork_rng(), checkpoint.hushed():
            torch.manual_seed(seed)
            config = LoraConfig(task_type="CAUSAL_LM", **{"target_modules": "all-linear", **dials})
            model = get_peft_model(checkpoint.load_model(tiny_llama), config)
            for weight in (p for n, p in model.named_parameters() if "lora_B" in n):
                torch.nn.init.normal_(weight, std=0.05)
            model.save_pretrained(root / name, save_embedding_layers=False)
        (root / name / "manifest.json").write_text(json.dumps(told))
    return root


@pytest.fixture
def catalog(root: Path, tiny_llama: Path) -> Catalog:
    return Catalog(locals={"tiny": tiny_llama}, adapters=root, adapter_capacity=2)


def asked(text: str) -> Request:
    return Request((Message("user", text),), max_tokens=10)


@pytest.mark.parametrize("name", KINDS)
def test_it_answers_as_the_merged_adapter_does(
    catalog: Catalog, root: Path, tiny_llama: Path, name: str
) -> None:
    merged = TransformersModel(name, tiny_llama, adapter=root / name)
    requests = [asked("one beginning for all of them: " + text) for text in TEXTS]
    served = catalog.open(name)
    said = [g.text for g in served.generate(requests)]
    assert said == [g.text for g in merged.generate(requests)]
    assert said != [g.text for g in catalog.open("tiny").generate(requests)]
    *pieces, whole = served.stream(requests[0])  # type: ignore[attr-defined]
    assert "".join(pieces) == whole.text == said[0]
    assert served.name == name and served.context_window == merged.context_window


def test_a_mixed_batch_answers_each_as_alone(catalog: Catalog) -> None:
    names = ["tiny", "plain", "rooted", "some-layers"]
    models = [catalog.open(name) for name in names]
    assert len({id(model.mixer) for model in models}) == 1  # type: ignore[attr-defined]
    asks = [(model, asked(text)) for text in TEXTS for model in models]
    asks += [(models[1], asked(f"one has many: {i}")) for i in range(6)]
    alone = [model.generate([request])[0].text for model, request in asks]
    mixed = models[0].mixer.generate_mixed([(r, m.variant) for m, r in asks])  # type: ignore[attr-defined]
    assert [g.text for g in mixed] == alone
    assert len(set(alone[:4])) == 4


def test_who_joins_an_answer_under_way_is_answered_as_alone(catalog: Catalog) -> None:
    models = [catalog.open(name) for name in ("tiny", "plain", "rooted")]
    requests = [
        Request((Message("user", text),), max_tokens=most)
        for text, most in (
            ("a", 30),
            ("long " * 20, 3),
            ("short", 12),
            ("longer " * 9, 20),
            ("b", 7),
            ("c", 1),
        )
    ]
    requests.append(replace(requests[2], temperature=1.0, seed=3))
    requests.append(replace(requests[3], choices=("yes", "no", "perhaps")))
    asks = list(zip(cycle(models), requests, strict=False))
    alone = [model.generate([request])[0] for model, request in asks]
    base = models[0].mixer  # type: ignore[attr-defined]
    drafts = [base.draft(request, model.variant) for model, request in asks]  # type: ignore[attr-defined]
    writing = base.writing()
    for at in range(0, len(drafts), 2):
        assert writing.has_room(drafts[at : at + 2])
        writing.join(drafts[at : at + 2])
        for _ in range(3):
            writing.go_on()
    while not writing.is_done:
        writing.go_on()
    assert [(d.generation().text, d.generation().finish_reason) for d in drafts] == [
        (one.text, one.finish_reason) for one in alone
    ]
    assert [d.generation().confidence for d in drafts] == pytest.approx(
        [one.confidence for one in alone], rel=1e-3
    )


def test_adapters_used_least_lately_are_forgotten_and_read_again(catalog: Catalog) -> None:
    first = catalog.open("plain").variant  # type: ignore[attr-defined]
    assert catalog.open("plain").variant is first  # type: ignore[attr-defined]
    catalog.open("rooted")
    catalog.open("some-layers")
    assert catalog.open("plain").variant is not first  # type: ignore[attr-defined]


def test_what_does_not_fit_is_refused(root: Path, tiny_llama: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    def changed(name: str, weight: str) -> None:
        folder = shutil.copytree(root / "plain", adapter_path(tmp_path, name))
        weights = load_file(folder / "adapter_model.safetensors")
        place = next(n for n in weights if "q_proj.lora_B" in n)
        weights[place] = weights[place] * float("nan") if weight == "nan" else weights[place][:-1]
        save_file(weights, folder / "adapter_model.safetensors")

    changed("broken", "nan")
    changed("other", "shape")
    other = shutil.copytree(root / "plain", tmp_path / "mismatch")
    told = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(told | {"prompt_hash": "other"}))
    shutil.copytree(root / "plain", tmp_path / "orphan")
    (tmp_path / "orphan" / "manifest.json").write_text(json.dumps(told | {"base_name": "gone"}))
    catalog = Catalog(locals={"tiny": tiny_llama}, adapters=tmp_path)
    for name, why in (("broken", "no numbers"), ("other", "another shape"), ("orphan", "'gone'")):
        with pytest.raises(ModelUnavailableError, match=why):
            catalog.open(name)
    with pytest.raises(AdapterMismatchError, match="other prompts"):
        catalog.open("mismatch")
