"""A real HTTP server that speaks OpenAI's chat protocol, answered by a scripted model."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from generation.language_model import Generation, Request
from generation.messages import Message
from generation.scripted_model import ScriptedModel


@dataclass
class ChatServer:
    """Where it listens, what it answers with, and what it was sent."""

    model: ScriptedModel
    base_url: str = ""
    bodies: list[dict[str, object]] = field(default_factory=list)
    failure: tuple[int, str, str] | None = None
    """Status, code and message to fail with instead."""
    in_detail: bool = False
    """Whether it tells failures the way FastAPI does by itself."""
    keeps_stops: bool = False
    """Whether it leaves the texts that end an answer in it, as some servers do."""


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    state = ChatServer(ScriptedModel("script", lambda request: request.messages[-1].content[::-1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def _handler(state: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.bodies.append(body)
            asked = body if not state.keeps_stops else {k: v for k, v in body.items() if k != "stop"}
            if state.failure:
                status, code, message = state.failure
                told = {"message": message, "code": code}
                said = {"detail": message} if state.in_detail else {"error": told}
                self._send(status, "application/json", json.dumps(said))
            elif body.get("stream"):
                self._send(200, "text/event-stream", _stream(state.model, asked))
            else:
                self._send(200, "application/json", json.dumps(_completion(state.model, asked)))

        def _send(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _request(body: dict) -> Request:
    return Request(
        tuple(Message(m["role"], m["content"]) for m in body["messages"]),
        max_tokens=body["max_tokens"],
        stop=tuple(body.get("stop", ())),
    )


def _usage(done: Generation) -> dict:
    total = done.prompt_tokens + done.completion_tokens
    return {
        "prompt_tokens": done.prompt_tokens,
        "completion_tokens": done.completion_tokens,
        "total_tokens": total,
    }


def _completion(model: ScriptedModel, body: dict) -> dict:
    [done] = model.generate([_request(body)])
    message = {"role": "assistant", "content": done.text}
    choice = {"index": 0, "message": message, "finish_reason": done.finish_reason}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": _usage(done),
    }


def _stream(model: ScriptedModel, body: dict) -> str:
    *pieces, done = model.stream(_request(body))
    shared = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": body["model"]}
    chunks = [{"choices": [{"index": 0, "delta": {"content": p}, "finish_reason": None}]} for p in pieces]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": done.finish_reason}]})
    chunks.append({"choices": [], "usage": _usage(done)})
    return "".join(f"data: {json.dumps(shared | chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
