"""Under which words agents are found, in the order in which they are found."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

_STAND = """
    CASE a.tier WHEN 1.5 THEN 8 WHEN 1 THEN 4 ELSE 0 END
    + CASE a.status WHEN 'online' THEN 0 WHEN 'away' THEN 1 WHEN 'dnd' THEN 3 ELSE 2 END,
    -(a.reputation_score + CASE WHEN a.ratings_count >= 5 THEN 1 ELSE 0 END)
"""


def upgrade() -> None:
    op.create_table(
        "listings",
        sa.Column(
            "amid",
            sa.String(28),
            sa.ForeignKey("agents.amid", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("word", sa.String(195), primary_key=True),
        sa.Column("cohort", sa.SmallInteger, nullable=False),
        sa.Column("place", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    for word in ("''", "c.category", "c.category || '/' || c.subcategory"):
        condition = " AND c.subcategory <> ''" if "/" in word else ""
        source = "" if word == "''" else " JOIN capabilities c ON c.amid = a.amid"
        op.execute(
            f"INSERT INTO listings (amid, word, cohort, place) SELECT DISTINCT a.amid, {word}, {_STAND} "
            f"FROM agents a{source} WHERE a.revoked_at IS NULL{condition}"
        )
    op.create_index("listings_in_order", "listings", ["word", "cohort", "place", "amid"])
    op.create_index("agents_by_end", "agents", ["expires_at"])
    is_unlogged = sa.text("log_index IS NULL")
    op.create_index(
        "agents_unlogged",
        "agents",
        ["amid"],
        sqlite_where=is_unlogged,
        postgresql_where=is_unlogged,
    )
    op.drop_table("capabilities")
