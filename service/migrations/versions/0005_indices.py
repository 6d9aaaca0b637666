"""Indices for what is asked many times a second."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDICES = (
    ("files", ("expires_at",)),
    ("jobs", ("model_name",)),
    ("events", ("job_id", "kind", "seq")),
    ("vector_store_files", ("vector_store_id",)),
    ("vector_store_files", ("vector_store_id", "status", "usage_bytes")),
)


def upgrade() -> None:
    for table, columns in INDICES:
        op.create_index("_".join(("ix", table, *columns)), table, columns)


def downgrade() -> None:
    for table, columns in INDICES:
        op.drop_index("_".join(("ix", table, *columns)), table)
