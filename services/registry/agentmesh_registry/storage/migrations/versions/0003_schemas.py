"""Schemas that agents published."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schemas",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("namespace", sa.String(64), nullable=False),
        sa.Column("is_first", sa.Boolean),
        sa.Column("author", sa.String(28), nullable=False),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("namespace", "is_first", name="one_first_in_a_namespace"),
    )
    op.create_index("ix_schemas_author", "schemas", ["author"])
