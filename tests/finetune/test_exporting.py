"""What is exported says, loaded by other programs, what the adapter says here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

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
from generation.transformers_model import TransformersModel

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


CONVERTS = """
import sys
from pathlib import Path
_, model, _, out = sys.argv
Path(out).write_bytes(Path(model, "model.safetensors").read_bytes())
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
    parts: Parts, converter: Callable[[str], Path], tmp_path: Path
) -> None:
    export(parts, "merged", tmp_path / "merged")
    export(parts, "gguf", tmp_path / "gguf", converter(CONVERTS))
    made = (tmp_path / "gguf" / "model.gguf").read_bytes()
    assert made == (tmp_path / "merged" / "model.safetensors").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["convert.py", "gguf", "merged"]


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
