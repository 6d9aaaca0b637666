"""Addresses of a server's processes."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from service.processes.sockets import engine_socket, listen, remove_engine_socket


def test_the_engine_listens_in_the_data_directory() -> None:
    assert engine_socket(Path("/data")) == Path("/data/engine.sock")


def test_a_long_path_gets_a_short_folder_that_only_we_may_enter(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    path = engine_socket(deep)
    assert len(str(path)) < 100 and path.parent.stat().st_mode & 0o777 == 0o700
    remove_engine_socket(path, deep)
    assert not path.parent.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_clients_may_connect_before_anyone_accepts(host: str) -> None:
    with listen(host, 0) as bound, socket.create_connection((host, bound.getsockname()[1]), timeout=5):
        assert bound.get_inheritable()


def test_an_address_is_given_once() -> None:
    with listen("127.0.0.1", 0) as bound, pytest.raises(OSError, match="use"):
        listen("127.0.0.1", bound.getsockname()[1])
