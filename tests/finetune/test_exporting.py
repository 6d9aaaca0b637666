"""What is exported says, loaded by other programs, what the adapter says here."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from shutil import which

import pytest
import regex
from tokenizers import Tokenizer

from finetune.dataset import TrainingExample
from finetune.errors import ExportError
from finetune.exporting import Format, export
from finetune.recipe import Recipe
from finetune.training import train_adapter
from generation.catalog import POCKET
from generation.encoding import encode_prompt
from generation.language_model import Request
from generation.local_models import Parts
from generation.pocket.recipe.tokenizer import ASSISTANT, CHAT_TEMPLATE, END, PAD, SYSTEM, USER
from generation.transformers_model import TransformersModel
from tests.tiny_models import NARROW, save

pytestmark = pytest.mark.timeout(600)
TOKENS = 12


@pytest.fixture(scope="module")
def parts(
    tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path, animals: list[TrainingExample]
) -> Parts:
    out = tmp_path_factory.mktemp("trained") / "adapter"
    train_adapter(tiny_llama, animals[:4], Recipe(rank=4, epochs=6), out)
    return Parts("tiny", tiny_llama, out)


@pytest.fixture(scope="module")
def asked(animals: list[TrainingExample]) -> list[Request]:
    return [Request(row.messages[:-1], max_tokens=TOKENS) for row in animals[:3]]


def said_by(model: object, folder: Path, asked: list[Request]) -> list[str]:
    """Greedy answers of a transformers module, as any program would get them."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    answers = []
    for request in asked:
        ids = torch.tensor([encode_prompt(tokenizer, request.messages)])
        out = model.generate(  # type: ignore[attr-defined]
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, do_sample=False
        )
        answers.append(tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True))
    return answers


@pytest.fixture(scope="module")
def served(parts: Parts, asked: list[Request]) -> list[str]:
    """What the adapter says here, beside its base."""
    model = TransformersModel("tiny", parts.base)
    assert parts.adapter is not None
    pairs = [(request, model.adapter(parts.adapter)) for request in asked]
    said = [answer.text for answer in model.generate_mixed(pairs)]
    assert said != [answer.text for answer in model.generate(asked)]
    return said


def test_merged_weights_say_the_same_in_plain_transformers(
    parts: Parts, asked: list[Request], served: list[str], tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    export(parts, "merged", tmp_path / "merged")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    assert said_by(model, tmp_path / "merged", asked) == served
    assert [answer.text for answer in TransformersModel("m", tmp_path / "merged").generate(asked)] == served


def test_an_adapter_says_the_same_in_plain_peft(
    parts: Parts, asked: list[Request], served: list[str], tmp_path: Path
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from generation.checkpoint import hushed

    export(parts, "peft", tmp_path / "peft")
    with hushed():
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(parts.base), tmp_path / "peft")
    assert said_by(model.eval(), parts.base, asked) == served


def test_merged_weights_keep_the_tokenizer_as_the_base_has_it(parts: Parts, tmp_path: Path) -> None:
    """llama.cpp reads the scores of words in tokenizer.model, and older transformers know older classes."""
    base = shutil.copytree(parts.base, tmp_path / "base")
    told = base / "tokenizer_config.json"
    old = json.loads(told.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    told.write_text(json.dumps(old))
    (base / "tokenizer.model").write_bytes(b"scores")
    export(Parts("old", base), "merged", tmp_path / "merged")
    for name in ("tokenizer.model", "tokenizer_config.json", "tokenizer.json"):
        assert (tmp_path / "merged" / name).read_bytes() == (base / name).read_bytes()


CONVERTS = """#!/usr/bin/env python3
import sys
from pathlib import Path
_, model, _, out, *name = sys.argv
Path(out).write_bytes(Path(model, "model.safetensors").read_bytes())
Path(out).with_name("told").write_text("\\n".join([sys.prefix, *name]))
"""
REFUSES = "import sys; print('loading', file=sys.stderr); sys.exit('Model TinyLlama is not supported')"


@pytest.fixture
def converter(tmp_path: Path) -> Callable[[str], Path]:
    """A program where llama.cpp's converter is expected."""

    def write(code: str) -> Path:
        path = tmp_path / "convert.py"
        path.write_text(code)
        return path

    return write


def test_the_converter_is_given_the_merged_model(
    parts: Parts, converter: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(parts, "merged", tmp_path / "merged")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    program = converter(CONVERTS)
    for out, mode in (("gguf", 0o600), ("again", 0o700)):
        program.chmod(mode)
        export(parts, "gguf", tmp_path / out, program)
        made = (tmp_path / out / "model.gguf").read_bytes()
        assert made == (tmp_path / "merged" / "model.safetensors").read_bytes()
        assert (tmp_path / out / "told").read_text().split("\n") == [sys.prefix, "--model-name", "adapter"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "convert.py", "gguf", "merged"]


CONVERTER = which("convert_hf_to_gguf.py")


@pytest.fixture
def byte_base(tmp_path: Path) -> Path:
    """A Llama whose tokenizer llama.cpp takes without knowing it: it falls back to bytes."""
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    specials = [PAD, SYSTEM, USER, ASSISTANT, END]
    tokens = [*specials, *(f"<0x{byte:02X}>" for byte in range(256))]
    words = {token: at for at, token in enumerate(tokens)}
    bpe = Tokenizer(models.BPE(words, [], unk_token=PAD, byte_fallback=True))
    bpe.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    bpe.add_special_tokens(specials)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token=PAD, eos_token=END, chat_template=CHAT_TEMPLATE, model_max_length=512
    )
    shape = NARROW | {"max_position_embeddings": 512}
    return save(tmp_path / "base", "AutoModelForCausalLM", "LlamaConfig", tokenizer, 1, **shape)


@pytest.mark.slow
@pytest.mark.skipif(CONVERTER is None, reason="llama.cpp's converter is not on the PATH")
def test_llama_cpp_reads_the_weights_of_base_and_adapter(
    byte_base: Path, animals: list[TrainingExample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np
    from safetensors.numpy import load_file

    monkeypatch.syspath_prepend(str(Path(str(CONVERTER)).resolve().parent / "gguf-py"))
    gguf = pytest.importorskip("gguf")
    train_adapter(byte_base, animals[:4], Recipe(rank=4, epochs=1), tmp_path / "adapter")
    both = Parts("bytes", byte_base, tmp_path / "adapter")
    export(both, "merged", tmp_path / "merged")
    export(both, "gguf", tmp_path / "gguf")
    weights = load_file(tmp_path / "merged" / "model.safetensors")
    file = gguf.GGUFReader(tmp_path / "gguf" / "model.gguf")
    assert file.fields["general.name"].contents() == "adapter"
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, NARROW["num_hidden_layers"])
    read = {tensor.name: gguf.dequantize(tensor.data, tensor.tensor_type) for tensor in file.tensors}
    assert set(read) == {names.get_name(name, (".weight",)) for name in weights}
    for name, weight in weights.items():
        made = read[names.get_name(name, (".weight",))]
        assert made.shape == weight.shape
        # llama.cpp turns the rows of queries and keys, and keeps matrices in half precision.
        np.testing.assert_allclose(np.sort(made, axis=None), np.sort(weight, axis=None), atol=1e-3)


def test_what_cannot_be_exported_leaves_nothing_and_says_what_to_do(
    parts: Parts, converter: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    used = tmp_path / "used"
    used.mkdir()
    (used / "file").touch()
    base = Parts("tiny", parts.base)
    faults: list[tuple[Parts, Format, Path, Path | None, str]] = [
        (parts, "gguf", tmp_path / "out", None, "not on the PATH; get llama.cpp"),
        (parts, "gguf", tmp_path / "out", tmp_path / "nowhere.py", "is no file; get llama.cpp"),
        (parts, "gguf", tmp_path / "out", converter(REFUSES), "TinyLlama is not supported"),
        (base, "peft", tmp_path / "out", None, "export it as merged"),
        (parts, "merged", used, None, "in use"),
    ]
    for what, form, out, program, words in faults:
        with pytest.raises(ExportError, match=words):
            export(what, form, out, program)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["convert.py", "used"]


def test_pocket_parts_its_words_as_the_type_does_that_the_documents_name() -> None:
    """By the two expressions that llama.cpp lists for `smollm`, each applied to what the one before left."""
    words = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
    pieces = Tokenizer.from_file(str(POCKET / "tokenizer.json")).pre_tokenizer.pre_tokenize_str
    dice = Random(1)
    for _ in range(300):
        text = "".join(dice.choices([*"ab Z09  \n\t.,!'-_éß½中😀", "'s", "'ll", " x"], k=14))
        parts = [text]
        for expression in (r"\p{N}", words):
            parts = [piece for part in parts for piece in regex.split(f"({expression})", part) if piece]
        assert [text[start:end] for _, (start, end) in pieces(text)] == parts
