"""What the commands say to bad input, without measuring anything."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.processes.supervisor import only_server_of
from service.storage.database import migrate


def run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200", **environment})


@pytest.fixture
def folder(tmp_path: Path, use_case: dict) -> Path:
    samples = use_case.pop("samples")
    (tmp_path / "task.json").write_text(json.dumps(use_case))
    (tmp_path / "samples.jsonl").write_text("\n".join(map(json.dumps, samples)))
    return tmp_path


def test_a_server_on_another_address_needs_keys() -> None:
    result = run("serve", "--host", "0.0.0.0")
    assert result.exit_code == 2 and "TRIVIUM_API_KEYS" in result.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "many"),
        ("LOADED_MODELS", "0"),
        ("API_KEYS", "short"),
        ("LOG_LEVEL", "x"),
        ("MODEL_FOLDERS", "{x"),
    ],
)
def test_a_wrong_variable_is_named_and_not_repeated(variable: str, value: str) -> None:
    result = run("serve", **{f"TRIVIUM_{variable}": value})
    assert result.exit_code == 2 and f"TRIVIUM_{variable}" in result.stderr


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--port", taken.getsockname()[1], "--data-dir", tmp_path)
    assert result.exit_code == 2 and "--port" in result.stderr


def test_a_data_directory_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("serve", "--port", "0", "--data-dir", tmp_path / "file")
    assert result.exit_code == 2 and f"error: {tmp_path / 'file'}: File exists" in result.stderr


def test_a_data_directory_has_one_server(tmp_path: Path) -> None:
    migrate(tmp_path)
    with only_server_of(tmp_path):
        result = run("serve", "--port", "0", "--data-dir", tmp_path)
    assert result.exit_code == 2 and "another Trivium server" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("samples.jsonl", "", "0 samples"),
        ("samples.jsonl", '{"input": "a", "output": "b"}', "1 sample;"),
        ("samples.jsonl", "not json", "samples.jsonl line 1"),
        ("samples.jsonl", "[1]", "not a JSON object"),
        ("corpus.jsonl", "", "0 documents"),
        ("task.json", "{", "task.json"),
        ("task.json", "[]", "not a JSON object"),
        ("task.json", '{"description": "x", "preset": "slow"}', "preset"),
    ],
)
def test_a_wrong_file_is_named(folder: Path, tmp_path: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content)
    result = run("advise", folder, TRIVIUM_DATA_DIR=str(tmp_path / "data"))
    assert result.exit_code == 2 and message in result.stderr, result.stderr
    assert not (tmp_path / "data").exists()


def test_binary_files_are_told(folder: Path) -> None:
    (folder / "samples.jsonl").write_bytes(bytes(range(256)))
    result = run("advise", folder)
    assert result.exit_code == 2 and "UTF-8" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "slow"], "preset"),
        (["--seed", "-1"], "seed"),
        (["--model", ""], "model"),
        (["--report", "/no/such/folder/r.html"], "folder does not exist"),
    ],
)
def test_a_wrong_option_is_named(folder: Path, tmp_path: Path, options: list[str], message: str) -> None:
    result = run("advise", folder, *options, TRIVIUM_DATA_DIR=str(tmp_path / "data"))
    assert result.exit_code == 2 and message in result.stderr


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run("advise", tmp_path / "none")
    assert result.exit_code == 2 and "does not exist" in result.stderr


def test_an_unknown_model_is_told(folder: Path, tmp_path: Path) -> None:
    result = run("advise", folder, "--model", "../../pocket", TRIVIUM_DATA_DIR=str(tmp_path / "data"))
    assert result.exit_code == 2 and "../../pocket" in result.stderr


def test_several_models_may_be_named(tmp_path: Path, folder: Path) -> None:
    options = ("--model", "nobody", "--model", "pocket")
    result = run("advise", folder, *options, TRIVIUM_DATA_DIR=str(tmp_path / "data"))
    assert result.exit_code == 2 and "models: There is no model 'nobody'" in result.stderr
