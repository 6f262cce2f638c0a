"""Ratings, sessions that were held, and what follows from them."""

import os

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_AMID = sa.String(28)


def upgrade() -> None:
    op.add_column("agents", sa.Column("owner", sa.String(80)))
    op.create_table(
        "ratings",
        sa.Column("session", sa.String(64), primary_key=True),
        sa.Column("rater", _AMID, primary_key=True),
        sa.Column("target", _AMID, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.Column("rated_at", sa.BigInteger, nullable=False),
        sa.Column("is_mutual", sa.Boolean, nullable=False),
        sa.Column("network", sa.LargeBinary),
    )
    op.create_index("ratings_by_pair", "ratings", ["target", "rater", "rated_at"])
    op.create_index("ratings_by_network", "ratings", ["target", "network"])
    op.create_table(
        "held_sessions",
        sa.Column("session", sa.String(64), primary_key=True),
        sa.Column("held_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_held_sessions_held_at", "held_sessions", ["held_at"])
    op.create_table(
        "voices",
        sa.Column("target", _AMID, primary_key=True),
        sa.Column("voter", sa.String(80), primary_key=True),
        sa.Column("is_proven", sa.Boolean, nullable=False),
        sa.Column("ratings", sa.Integer, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("sessions", sa.Integer, nullable=False),
        sa.Column("completed", sa.Integer, nullable=False),
    )
    op.create_table(
        "voiced_tags",
        sa.Column("target", _AMID, primary_key=True),
        sa.Column("tag", sa.String(20), primary_key=True),
        sa.Column("voter", sa.String(80), primary_key=True),
        sa.Column("is_proven", sa.Boolean, nullable=False),
    )
    secrets = op.create_table(
        "secrets",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.bulk_insert(secrets, [{"name": "network", "value": os.urandom(32)}])
    op.create_table(
        "standings",
        sa.Column("amid", _AMID, sa.ForeignKey("agents.amid", ondelete="CASCADE"), primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
