"""The registry's tables. Times are milliseconds since 1970.

What an agent says about itself is kept as the bytes it signed; the columns beside them are what
the registry searches by, and what it alone knows (tier, reputation, presence).
"""

import sqlalchemy as sa

metadata = sa.MetaData()

_AMID = sa.String(28)

agents = sa.Table(
    "agents",
    metadata,
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

capabilities = sa.Table(
    "capabilities",
    metadata,
    sa.Column("amid", _AMID, sa.ForeignKey("agents.amid", ondelete="CASCADE"), primary_key=True),
    sa.Column("category", sa.String(130), primary_key=True),
    sa.Column("subcategory", sa.String(130), primary_key=True),
    sa.Index("capabilities_by_word", "category", "subcategory"),
)

prekeys = sa.Table(
    "prekeys",
    metadata,
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
    # Tells a repeated upload, whose answer was lost, from one that uses ids again.
    sa.Column("last_batch", sa.LargeBinary, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
)

one_time_prekeys = sa.Table(
    "one_time_prekeys",
    metadata,
    sa.Column("amid", _AMID, sa.ForeignKey("prekeys.amid", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
)

nonces = sa.Table(
    "nonces",
    metadata,
    sa.Column("amid", _AMID, primary_key=True),
    sa.Column("nonce", sa.String(22), primary_key=True),
    sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
)
