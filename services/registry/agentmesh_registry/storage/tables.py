"""The registry's tables. Times are milliseconds since 1970.

What an agent says about itself is kept as the bytes it signed; the columns beside them are what
the registry searches by, and what it alone knows (tier, reputation, presence).
"""

import sqlalchemy as sa

metadata = sa.MetaData()

_AMID = sa.String(28)
_DOMAIN = sa.String(64)
_SERIAL = sa.String(40)

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
    # Who it was proved to belong to; agents of one owner have one vote.
    sa.Column("owner", sa.String(80)),
    sa.Column("revoked_at", sa.BigInteger),
    # The number of its newest record's entry in the log.
    sa.Column("log_index", sa.BigInteger),
    # The organisation that speaks for it, and the number of the certificate that it bears.
    sa.Column("organization", _DOMAIN),
    sa.Column("certificate", _SERIAL, index=True),
    sa.Index("agents_by_end", "expires_at"),
)
# Those of before the log. Every start asks for them, and looks at nobody else.
_is_unlogged = agents.c.log_index.is_(None)
sa.Index(
    "agents_unlogged",
    agents.c.amid,
    sqlite_where=_is_unlogged,
    postgresql_where=_is_unlogged,
)

# By what agents are found: all of it follows from `agents`.
listings = sa.Table(
    "listings",
    metadata,
    sa.Column("amid", _AMID, sa.ForeignKey("agents.amid", ondelete="CASCADE"), primary_key=True),
    sa.Column("word", sa.String(195), primary_key=True),
    sa.Column("cohort", sa.SmallInteger, nullable=False),
    sa.Column("place", sa.Float, nullable=False),
    sa.Index("listings_in_order", "word", "cohort", "place", "amid"),
    sqlite_with_rowid=False,
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

# `is_first` is true in one row of a namespace, and null in all others.
schemas = sa.Table(
    "schemas",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("namespace", sa.String(64), nullable=False),
    sa.Column("is_first", sa.Boolean),
    sa.Column("author", _AMID, nullable=False, index=True),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Column("signed", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("namespace", "is_first", name="one_first_in_a_namespace"),
)

# Attempts of owners to prove that an agent is theirs.
attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.String(43), primary_key=True),
    sa.Column("amid", _AMID, nullable=False, index=True),
    sa.Column("provider", sa.String(32), nullable=False),
    sa.Column("state", sa.LargeBinary, unique=True),
    sa.Column("nonce", sa.String(43), nullable=False),
    sa.Column("verifier", sa.String(43), nullable=False),
    sa.Column("owner", sa.String(80), index=True),
    sa.Column("code", sa.LargeBinary),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
)

# What was said of agents. One row a rating, a session, a voter, and an agent of whom there is any.
ratings = sa.Table(
    "ratings",
    metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("rater", _AMID, primary_key=True),
    sa.Column("target", _AMID, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("rated_at", sa.BigInteger, nullable=False),
    sa.Column("is_mutual", sa.Boolean, nullable=False),
    # A keyed hash of the network it came from, for a day: no address is kept.
    sa.Column("network", sa.LargeBinary),
    sa.Index("ratings_by_pair", "target", "rater", "rated_at"),
    sa.Index("ratings_by_network", "target", "network"),
)

held_sessions = sa.Table(
    "held_sessions",
    metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("held_at", sa.BigInteger, nullable=False, index=True),
)

# A voter is an owner that was proved, or else a single agent.
voices = sa.Table(
    "voices",
    metadata,
    sa.Column("target", _AMID, primary_key=True),
    sa.Column("voter", sa.String(80), primary_key=True),
    sa.Column("is_proven", sa.Boolean, nullable=False),
    sa.Column("ratings", sa.Integer, nullable=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("sessions", sa.Integer, nullable=False),
    sa.Column("completed", sa.Integer, nullable=False),
)

voiced_tags = sa.Table(
    "voiced_tags",
    metadata,
    sa.Column("target", _AMID, primary_key=True),
    sa.Column("tag", sa.String(20), primary_key=True),
    sa.Column("voter", sa.String(80), primary_key=True),
    sa.Column("is_proven", sa.Boolean, nullable=False),
)

# Keys of the registry's own.
secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

standings = sa.Table(
    "standings",
    metadata,
    sa.Column("amid", _AMID, sa.ForeignKey("agents.amid", ondelete="CASCADE"), primary_key=True),
    # A `Record`, as MessagePack: always read and written whole.
    sa.Column("record", sa.LargeBinary, nullable=False),
)

revocations = sa.Table(
    "revocations",
    metadata,
    sa.Column("amid", _AMID, sa.ForeignKey("agents.amid"), primary_key=True),
    sa.Column("signed", sa.LargeBinary, nullable=False),
    sa.Column("log_index", sa.BigInteger, nullable=False),
)

# The log. Rows are only ever added to `log_entries` and `log_nodes`.
log_entries = sa.Table(
    "log_entries",
    metadata,
    sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),
    sa.Column("subject", sa.LargeBinary, nullable=False, index=True),
    # Its number among the revocations, if it is one.
    sa.Column("revocation", sa.BigInteger, unique=True),
)

# The hashes of all perfect subtrees (RFC 6962): of the tree of entries, and of that of revocations.
log_nodes = sa.Table(
    "log_nodes",
    metadata,
    sa.Column("tree", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

# A row for each tree. Who adds to the log holds the first one: writers take turns.
log_trees = sa.Table(
    "log_trees",
    metadata,
    sa.Column("tree", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("peaks", sa.LargeBinary, nullable=False),
)

# The one key that signs this log's heads.
log_key = sa.Table(
    "log_key",
    metadata,
    sa.Column("public_key", sa.LargeBinary, primary_key=True),
)

# The one authority that certificates here go back to.
authority = sa.Table(
    "authority",
    metadata,
    sa.Column("certificate", sa.LargeBinary, primary_key=True),
)

# Who claims to speak for a domain. One row of a domain has a `serial`: that one proved it.
organizations = sa.Table(
    "organizations",
    metadata,
    sa.Column("domain", _DOMAIN, primary_key=True),
    sa.Column("amid", _AMID, sa.ForeignKey("agents.amid"), primary_key=True, index=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("token", sa.String(43), nullable=False),
    sa.Column("token_until", sa.BigInteger, nullable=False),
    sa.Column("serial", _SERIAL),
    # Its list of revoked ones, as it signed it.
    sa.Column("list", sa.LargeBinary),
    sa.Column("list_number", sa.BigInteger, nullable=False),
)

# Of organisations and agents. `issuer`: a domain, or "" for the authority.
certificates = sa.Table(
    "certificates",
    metadata,
    sa.Column("serial", _SERIAL, primary_key=True),
    sa.Column("issuer", _DOMAIN, nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("issued_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Column("reason", sa.String(24)),
    # The number of its entry in the log, once its bearer took it.
    sa.Column("log_index", sa.BigInteger),
    sa.Index("certificates_by_subject", "subject", "issuer"),
    sa.Index("certificates_by_issuer", "issuer", "revoked_at"),
)
