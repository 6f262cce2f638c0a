"""The authority, organisations, and the certificates of both."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("authority", sa.Column("certificate", sa.LargeBinary, primary_key=True))
    op.create_table(
        "organizations",
        sa.Column("domain", sa.String(64), primary_key=True),
        sa.Column("amid", sa.String(28), sa.ForeignKey("agents.amid"), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("token_until", sa.BigInteger, nullable=False),
        sa.Column("serial", sa.String(40)),
        sa.Column("list", sa.LargeBinary),
        sa.Column("list_number", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_organizations_amid", "organizations", ["amid"])
    op.create_table(
        "certificates",
        sa.Column("serial", sa.String(40), primary_key=True),
        sa.Column("issuer", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("reason", sa.String(24)),
        sa.Column("log_index", sa.BigInteger),
    )
    op.create_index("certificates_by_subject", "certificates", ["subject", "issuer"])
    op.create_index("certificates_by_issuer", "certificates", ["issuer", "revoked_at"])
    op.add_column("agents", sa.Column("organization", sa.String(64)))
    op.add_column("agents", sa.Column("certificate", sa.String(40)))
    op.create_index("ix_agents_certificate", "agents", ["certificate"])
