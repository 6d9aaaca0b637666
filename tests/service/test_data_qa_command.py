"""`trivium data qa`."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.cli import app

TEXT = "The mill was built in 1871.\n\nIt belongs to Ada Lovell."


class Writer(BaseHTTPRequestHandler):
    """An OpenAI-compatible server whose model writes two pairs, one of them made up."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        message = {"role": "assistant", "content": "Q: When was it built?\nA: 1871\nQ: By whom?\nA: By Monet"}
        body: dict[str, Any] = {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "writer",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        answer = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Be silent."""


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "mill.md").write_text(TEXT)
    (folder / "empty.txt").write_text("")
    return folder


def qa(*arguments: Any, **environment: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "200", **environment})
    return runner.invoke(app, ["data", "qa", *map(str, arguments)])


def test_rows_say_where_they_come_from(tmp_path: Path, documents: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Writer)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        out = tmp_path / "out.jsonl"
        result = qa(documents, "--model", "openai:writer", "--out", out, TRIVIUM_OPENAI_BASE_URL=url)
    finally:
        server.shutdown()
        server.server_close()
    assert result.exit_code == 0, result.output
    assert "1 kept, 1 without their answer" in result.output and "empty.txt" in result.output
    (row,) = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [turn["content"] for turn in row["messages"]] == ["When was it built?", "1871"]
    assert row["document"].endswith("mill.md") and "1871" in TEXT[row["start"] : row["end"]]


def test_what_cannot_be_done_is_refused(tmp_path: Path, documents: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert qa(tmp_path / "absent", "--model", "pocket", "--out", out).exit_code == 2
    assert qa(documents / "empty.txt", "--model", "pocket", "--out", out).exit_code == 2
    assert qa(documents, "--model", "pocket", "--out", tmp_path).exit_code == 2
    unknown = qa(documents, "--model", "gpt-9", "--out", out)
    assert unknown.exit_code == 1 and "pocket" in unknown.output
    assert not out.exists()
