"""The key-transparency log, and revocations."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("revoked_at", sa.BigInteger))
    op.add_column("agents", sa.Column("log_index", sa.BigInteger))
    op.create_table(
        "revocations",
        sa.Column("amid", sa.String(28), sa.ForeignKey("agents.amid"), primary_key=True),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.Column("log_index", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "log_entries",
        sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        sa.Column("subject", sa.LargeBinary, nullable=False),
        sa.Column("revocation", sa.BigInteger, unique=True),
    )
    op.create_index("ix_log_entries_subject", "log_entries", ["subject"])
    op.create_table(
        "log_nodes",
        sa.Column("tree", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    trees = op.create_table(
        "log_trees",
        sa.Column("tree", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
    )
    op.bulk_insert(trees, [{"tree": number, "size": 0, "peaks": b""} for number in (0, 1)])
    op.create_table("log_key", sa.Column("public_key", sa.LargeBinary, primary_key=True))
