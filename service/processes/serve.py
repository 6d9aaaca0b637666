"""`trivium serve`: everything that one server needs, from its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from service.processes.environment import ENGINE_SOCKET, LISTEN_FD
from service.processes.leash import ask_self_to_stop, hold
from service.processes.sockets import engine_socket, listen, remove_engine_socket
from service.processes.supervisor import Charge, Supervisor, only_server_of
from service.settings import Settings
from service.storage.data_dir import DataDir
from service.storage.database import migrate


def serve(settings: Settings, on_listening: Callable[[str], None]) -> None:
    """Run until told to stop.

    Raises:
        OSError: the address is taken.
        BlockingIOError: another server works on the data directory.

    """
    migrate(settings.data_dir)
    with only_server_of(settings.data_dir), listen(settings.host, settings.port) as bound:
        DataDir.open(settings.data_dir).sweep()
        socket_path = engine_socket(settings.data_dir)
        environment = {
            **_told(settings),
            LISTEN_FD: str(bound.fileno()),
            ENGINE_SOCKET: str(socket_path),
        }
        charges = [
            Charge("service.processes.engine", environment),
            Charge("service.jobs.worker", environment),
            Charge("service.processes.web", environment, (bound.fileno(),)),
        ]
        on_listening(_url(settings.host, bound.getsockname()[1]))
        try:
            Supervisor(charges).run()
        finally:
            remove_engine_socket(socket_path, settings.data_dir)


def _told(settings: Settings) -> Mapping[str, str]:
    """What the command line may have set; the rest reaches the children as environment already."""
    return {
        "TRIVIUM_DATA_DIR": str(settings.data_dir),
        "TRIVIUM_HOST": settings.host,
        "TRIVIUM_PORT": str(settings.port),
    }


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http://{shown}:{port}"


if __name__ == "__main__":
    # On a leash, unlike `trivium serve`, whose standard input is anybody's.
    hold(on_parent_death=ask_self_to_stop)
    serve(Settings(), lambda _url: None)
