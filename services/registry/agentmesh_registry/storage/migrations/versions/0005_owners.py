"""Attempts to prove who owns an agent, and the key with which owners are marked."""

import os

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(43), primary_key=True),
        sa.Column("amid", sa.String(28), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("state", sa.LargeBinary, unique=True),
        sa.Column("nonce", sa.String(43), nullable=False),
        sa.Column("verifier", sa.String(43), nullable=False),
        sa.Column("owner", sa.String(80)),
        sa.Column("code", sa.LargeBinary),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    for column in ("amid", "owner", "expires_at"):
        op.create_index(f"ix_attempts_{column}", "attempts", [column])
    secrets = sa.table("secrets", sa.column("name"), sa.column("value", sa.LargeBinary))
    op.bulk_insert(secrets, [{"name": "owner", "value": os.urandom(32)}])
