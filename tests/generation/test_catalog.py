"""Names to models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from generation.adapter_folder import adapter_name, adapter_path
from generation.catalog import Catalog, ModelCard, is_remote
from generation.endpoint import RemoteEndpoint
from generation.errors import ModelUnavailableError, UnknownModelError
from generation.language_model import LanguageModel
from generation.scripted_model import ScriptedModel


class Deployments:
    """A source of one model."""

    def cards(self) -> list[ModelCard]:
        return [ModelCard("support-bot", 5, "you", "tiny")]

    def open(self, name: str) -> LanguageModel:
        return ScriptedModel(name, {})


def names(catalog: Catalog) -> list[str]:
    return [card.name for card in catalog.cards() if card.name != "pocket"]


def test_a_base_is_opened_once(tiny_llama: Path) -> None:
    catalog = Catalog(locals={"tiny": tiny_llama})
    assert names(catalog) == ["tiny"]
    assert catalog.open("tiny") is catalog.open("tiny")
    catalog_of_one = Catalog(locals={"tiny": tiny_llama, "twin": tiny_llama}, capacity=1)
    first = catalog_of_one.open("tiny")
    catalog_of_one.open("twin")
    assert catalog_of_one.open("tiny") is not first


def test_a_forgotten_model_is_opened_anew(tiny_llama: Path) -> None:
    catalog = Catalog(locals={"tiny": tiny_llama})
    first = catalog.open("tiny")
    catalog.forget("tiny")
    assert catalog.open("tiny") is not first


@pytest.mark.parametrize("name", ["", "nobody", "../tiny", "/etc", "openai:gpt", "tiny/"])
def test_an_unknown_name_is_told_what_there_is(tiny_llama: Path, name: str) -> None:
    with pytest.raises(UnknownModelError, match="tiny"):
        Catalog(locals={"tiny": tiny_llama}).open(name)
    with pytest.raises(UnknownModelError, match="tiny"):
        Catalog(locals={"tiny": tiny_llama}).folder(name)


def test_remote_models_need_an_endpoint_that_allows_them() -> None:
    assert Catalog(remote=RemoteEndpoint()).open("openai:any").name == "openai:any"
    catalog = Catalog(remote=RemoteEndpoint(models=("one",)))
    assert names(catalog) == ["openai:one"]
    assert catalog.open("openai:one").name == "openai:one"
    for name in ("openai:two", "openai:"):
        with pytest.raises(UnknownModelError):
            catalog.open(name)
    assert is_remote("openai:one")
    assert not is_remote("pocket")


def test_a_source_adds_its_models(tiny_llama: Path) -> None:
    catalog = Catalog(locals={"tiny": tiny_llama})
    catalog.add_source(Deployments())
    assert names(catalog) == ["tiny", "support-bot"]
    assert catalog.open("support-bot").name == "support-bot"


def test_finished_adapters_are_models_with_a_parent(tiny_llama: Path, tmp_path: Path) -> None:
    name = "ft:tiny:you/../:1.2"
    folder = adapter_path(tmp_path, name)
    folder.mkdir()
    assert folder.parent == tmp_path
    assert adapter_name(folder) == name
    catalog = Catalog(locals={"base": tiny_llama}, adapters=tmp_path)
    assert names(catalog) == ["base"]
    manifest = {"base_name": "tiny", "base_hash": "x", "prompt_hash": "y", "created": 7}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert ModelCard(name, 7, "trivium", "base") in catalog.cards()


def test_a_damaged_manifest_is_told(tiny_llama: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")
    with pytest.raises(ModelUnavailableError, match="train it again"):
        Catalog(locals={"tiny": tiny_llama}, adapters=tmp_path).open("broken")


def test_importing_the_catalog_loads_no_model_library() -> None:
    code = (
        "import sys, generation.catalog; print(*{'torch', 'transformers', 'peft', 'openai'} & {*sys.modules})"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""
