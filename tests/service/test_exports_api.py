"""GET /v1/models/{model}/export: an archive, or a reason that says what to do."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.engine.scripted import ScriptedEngine
from service.resources import Resources
from service.settings import Settings
from service.storage.data_dir import DataDir


@pytest.fixture
def client(
    settings: Settings, data: DataDir, engine: ScriptedEngine, tiny_llama: Path
) -> Iterator[TestClient]:
    known = settings.model_copy(
        update={"model_folders": {"team/tiny": tiny_llama}, "gguf_converter": Path("/nowhere/convert.py")}
    )
    with TestClient(create_app(Resources(known, data, engine)), base_url="http://localhost") as client:
        yield client


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_base_comes_as_a_folder_that_weighs_the_same(
    client: TestClient, data: DataDir, tiny_llama: Path, tmp_path: Path
) -> None:
    answer = client.get("/v1/models/team%2Ftiny/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="team-tiny-merged.tar"'
    assert len(answer.content) == int(answer.headers["content-length"])
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        assert {member.uname for member in archive} == {""}
        archive.extractall(tmp_path, filter="data")
    from transformers import AutoModelForCausalLM

    model, original = map(AutoModelForCausalLM.from_pretrained, (tmp_path / "team-tiny-merged", tiny_llama))
    assert all((model.state_dict()[name] == weight).all() for name, weight in original.state_dict().items())
    assert not (data.root / "exports").exists()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("team%2Ftiny/export?format=gguf", 400, "format: GGUF needs llama.cpp's converter"),
        ("team%2Ftiny/export?format=peft", 400, "format: 'team/tiny' is no adapter"),
        ("team%2Ftiny/export?format=zip", 400, "'peft', 'merged' or 'gguf'"),
        ("openai:remote/export", 400, "on another server"),
        ("nobody/export", 404, "nobody"),
    ],
)
def test_what_cannot_be_exported_is_told(client: TestClient, path: str, status: int, words: str) -> None:
    answer = client.get(f"/v1/models/{path}")
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]
