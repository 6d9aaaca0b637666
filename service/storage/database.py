"""Opens the database and brings its tables up to date."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError

ROOM_SECONDS = 1.0
"""Between two looks whether a full disk has room again."""
MIGRATIONS = Path(__file__).parent.parent / "migrations"


def open_database(data_dir: Path) -> Engine:
    """The database of a data directory; writers queue for up to 30 s instead of failing."""
    engine = create_engine(url_of(data_dir), connect_args={"timeout": 30})
    event.listen(engine, "connect", _tune)
    event.listen(engine, "begin", _lock_at_once)
    return engine


def url_of(data_dir: Path) -> str:
    """Where the service's own tables lie."""
    return f"sqlite:///{data_dir / 'trivium.sqlite'}"


def migrate(data_dir: Path) -> None:
    """Create the data directory and run the migrations that are missing."""
    from alembic import command
    from alembic.config import Config

    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url_of(data_dir).replace("%", "%%"))
    command.upgrade(config, "head")


def lacks_room(error: BaseException) -> bool:
    """Whether the database did not take a write because the disk, or our share of it, is full."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    return isinstance(error, OperationalError) and code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def once_there_is_room(write: Callable[[], object]) -> None:
    """Do a write that must not be lost, and wait while the disk does not take it."""
    while True:
        try:
            write()
        except OperationalError as error:
            if not lacks_room(error):
                raise
            time.sleep(ROOM_SECONDS)
        else:
            return


def _tune(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _lock_at_once(connection: Any) -> None:
    """Take the write lock first where a transaction will write: two creators cannot both miss a duplicate."""
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
