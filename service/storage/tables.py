"""The tables. Migrations make them; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, text

metadata = MetaData()

files = Table(
    "files",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("created_at", Integer, nullable=False),
    Column("filename", Text, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("created_at", Integer, nullable=False),
    Column("started_at", Integer),
    Column("finished_at", Integer),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("0")),
    Column("model_name", String(128)),
    Column("spec", JSON, nullable=False),
    Column("result", JSON),
    Column("error", JSON),
    Column("body_hash", String(64), nullable=False, index=True),
    Column("idempotency_key", String(255), index=True),
    sqlite_autoincrement=True,
)
LIVE = text("model_name IS NOT NULL AND status NOT IN ('failed', 'cancelled')")
Index("one_live_model_per_name", jobs.c.model_name, unique=True, sqlite_where=LIVE, postgresql_where=LIVE)

events = Table(
    "events",
    metadata,
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("created_at", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("data", JSON, nullable=False),
)
