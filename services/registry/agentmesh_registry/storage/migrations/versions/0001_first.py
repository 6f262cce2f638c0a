"""The first tables: agents, capabilities, prekeys, nonces."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_AMID = sa.String(28)


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("amid", _AMID, primary_key=True),
        sa.Column("signing_key", sa.LargeBinary, nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("tier", sa.Float, nullable=False, server_default="2"),
        sa.Column("reputation_score", sa.Float, nullable=False, server_default="0.5"),
        sa.Column("ratings_count", sa.Integer, nullable=False, server_default="0"),
        sa.Column("status", sa.String(8), nullable=False, server_default="offline"),
        sa.Column("last_seen", sa.BigInteger),
        sa.Column("present_until", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("registered_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "capabilities",
        sa.Column("amid", _AMID, sa.ForeignKey("agents.amid", ondelete="CASCADE"), primary_key=True),
        sa.Column("category", sa.String(130), primary_key=True),
        sa.Column("subcategory", sa.String(130), primary_key=True),
    )
    op.create_index("capabilities_by_word", "capabilities", ["category", "subcategory"])
    op.create_table(
        "prekeys",
        sa.Column("amid", _AMID, sa.ForeignKey("agents.amid", ondelete="CASCADE"), primary_key=True),
        sa.Column("exchange_key", sa.LargeBinary, nullable=False),
        sa.Column("signed_prekey", sa.LargeBinary, nullable=False),
        sa.Column("kem_prekey", sa.LargeBinary, nullable=False),
        sa.Column("suites", sa.LargeBinary, nullable=False),
        sa.Column("exchange_key_id", sa.BigInteger, nullable=False),
        sa.Column("signed_prekey_id", sa.BigInteger, nullable=False),
        sa.Column("kem_prekey_id", sa.BigInteger, nullable=False),
        sa.Column("suites_sequence", sa.BigInteger, nullable=False),
        sa.Column("last_one_time_id", sa.BigInteger, nullable=False),
        sa.Column("last_batch", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "one_time_prekeys",
        sa.Column("amid", _AMID, sa.ForeignKey("prekeys.amid", ondelete="CASCADE"), primary_key=True),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "nonces",
        sa.Column("amid", _AMID, primary_key=True),
        sa.Column("nonce", sa.String(22), primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_nonces_expires_at", "nonces", ["expires_at"])
