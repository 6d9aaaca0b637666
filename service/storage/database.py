"""Opens the database and brings its tables up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

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


def _tune(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _lock_at_once(connection: Any) -> None:
    """Take the write lock first where a transaction will write: two creators cannot both miss a duplicate."""
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
