"""`trivium serve`."""

from __future__ import annotations

from pathlib import Path

from service.commands.messages import console, fail, settings_from
from service.processes.serve import serve


def run(*, host: str | None, port: int | None, data_dir: Path | None) -> None:
    """Serve until told to stop."""
    settings = settings_from(host=host, port=port, data_dir=data_dir)

    def listening(url: str) -> None:
        console.print(f"Trivium listens on {url}; {url}/openapi.json describes its API.", soft_wrap=True)
        console.print(f"Data lies in {settings.data_dir}. Stop with Ctrl-C.", highlight=False, soft_wrap=True)

    at = f"{settings.host}:{settings.port}"
    try:
        serve(settings, listening)
    except BlockingIOError:
        fail(f"another Trivium server works on {settings.data_dir}; stop it, or name another --data-dir.", 2)
    except OSError as error:
        fail(f"{error.filename or at}: {error.strerror}; choose another --data-dir or --port.", 2)
