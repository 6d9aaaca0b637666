"""Runs migrations against the database that the caller names, all or none."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

url = context.config.get_main_option("sqlalchemy.url")
assert url is not None
# Left to itself, Python's sqlite3 commits each table alone: slow, and half a schema after a full disk.
engine = create_engine(url, connect_args={"isolation_level": None})
with engine.begin() as connection:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
    context.run_migrations()
engine.dispose()
