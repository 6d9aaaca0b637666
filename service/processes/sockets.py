"""The addresses of a server's processes."""

from __future__ import annotations

import socket
from pathlib import Path
from tempfile import mkdtemp

NAME = "engine.sock"
LONGEST_PATH = 100
"""Unix domain socket paths end at 104 or 108 bytes, whatever the file system allows."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that outlives the web process, so that clients wait out its restarts.

    Raises:
        OSError: the address is taken or not ours.

    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    bound.listen(512)
    bound.set_inheritable(True)
    return bound


def engine_socket(data_dir: Path) -> Path:
    """Where the engine listens: in the data directory, or in a folder of its own where that path is too long.

    Both folders are closed to other users; the server makes the socket itself open to all.
    """
    inside = data_dir / NAME
    if len(str(inside).encode()) <= LONGEST_PATH:
        return inside
    return Path(mkdtemp(prefix="trivium-")) / NAME


def remove_engine_socket(path: Path, data_dir: Path) -> None:
    """Leave nothing behind."""
    path.unlink(missing_ok=True)
    if path.parent != data_dir:
        path.parent.rmdir()
