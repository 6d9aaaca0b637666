"""The tables. Migrations make them; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

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
    Column("expires_at", Integer, index=True),
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
    Column("model_name", String(128), index=True),
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
    Index("ix_events_job_id_kind_seq", "job_id", "kind", "seq"),
)

vector_stores = Table(
    "vector_stores",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("created_at", Integer, nullable=False),
    Column("last_active_at", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("metadata", JSON, nullable=False),
    Column("expires_after_days", Integer),
    Column("body_hash", String(64), nullable=False),
    Column("idempotency_key", String(255), unique=True),
    Column("removed", Boolean, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)

file_batches = Table(
    "file_batches",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("vector_store_id", String(64), ForeignKey("vector_stores.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)

vector_store_files = Table(
    "vector_store_files",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False),
    Column(
        "vector_store_id",
        String(64),
        ForeignKey("vector_stores.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("batch_id", String(64), ForeignKey("file_batches.id", ondelete="SET NULL"), index=True),
    Column("created_at", Integer, nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("filename", Text, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("max_chunk_size_tokens", Integer, nullable=False),
    Column("chunk_overlap_tokens", Integer, nullable=False),
    Column("replaces_name", Boolean, nullable=False, server_default=text("0")),
    Column("revision", Integer, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("usage_bytes", Integer, nullable=False, server_default=text("0")),
    Column("error_code", String(32)),
    Column("error_message", Text),
    UniqueConstraint("vector_store_id", "id"),
    Index("ix_vector_store_files_id", "id"),
    Index(
        "ix_vector_store_files_vector_store_id_status_usage_bytes", "vector_store_id", "status", "usage_bytes"
    ),
    sqlite_autoincrement=True,
)

responses = Table(
    "responses",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("created_at", Integer, nullable=False, index=True),
    Column("previous_id", String(64)),
    Column("turns", JSON, nullable=False),
    Column("response", JSON, nullable=False),
    sqlite_autoincrement=True,
)
