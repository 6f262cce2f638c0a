"""Erasing what is past its time, a bounded piece at a time."""

from agentmesh.protocol.ids import id_time
from agentmesh.protocol.limits import AGENT_SIGNATURE_MAX_AGE, SESSION_ERASE_SECONDS
from agentmesh.storage.connection import Connection

MESSAGE_SECONDS = 7 * 86400
KNOCK_SECONDS = 30 * 86400
REMEMBER_SECONDS = AGENT_SIGNATURE_MAX_AGE
PIECE = 500

# Counted from now and not from when it came, the memory of an erased message also outlives a
# clock that jumped ahead.
_REMEMBER = """
INSERT INTO seen (peer, id, until)
SELECT peer, message_id, :now + :remember FROM incoming
WHERE consumed_at <= :now - :message ORDER BY consumed_at, row LIMIT :piece
ON CONFLICT DO UPDATE SET until = max(until, excluded.until)
"""
STATEMENTS = (
    """
    UPDATE knocks SET verdict = 'dismissed', reason = 'expired' WHERE row IN (
      SELECT row FROM knocks WHERE verdict = 'pending' AND expires_at <= :now LIMIT :piece
    )
    """,
    """
    DELETE FROM knocks WHERE row IN (
      SELECT row FROM knocks WHERE received_at <= :now - :knock AND verdict != 'pending'
      LIMIT :piece
    )
    """,
    """
    DELETE FROM seen WHERE (peer, id) IN (
      SELECT peer, id FROM seen WHERE until <= :now LIMIT :piece
    )
    """,
    _REMEMBER,
    """
    DELETE FROM incoming WHERE row IN (
      SELECT row FROM incoming WHERE consumed_at <= :now - :message
      ORDER BY consumed_at, row LIMIT :piece
    )
    """,
    # Our ids begin with the time at which they were made, which was never after `created_at`.
    """
    DELETE FROM outgoing WHERE row IN (
      SELECT row FROM outgoing
      WHERE message_id < :made AND outcome NOT IN ('held', 'queued')
        AND created_at <= :now - :message
      ORDER BY message_id LIMIT :piece
    )
    """,
    """
    DELETE FROM cards WHERE row IN (
      SELECT row FROM cards WHERE expires_at <= :now LIMIT :piece
    )
    """,
    """
    DELETE FROM sessions WHERE row IN (
      SELECT row FROM sessions WHERE expires_at <= :now - :session LIMIT :piece
    )
    """,
)


def clean(connection: Connection, now: float) -> int:
    """Erase and mark at most a piece of each table; return how many rows it were."""
    bounds = {
        "now": now,
        "made": id_time(now - MESSAGE_SECONDS + 1),
        "message": MESSAGE_SECONDS,
        "session": SESSION_ERASE_SECONDS,
        "knock": KNOCK_SECONDS,
        "remember": REMEMBER_SECONDS,
        "piece": PIECE,
    }
    gone = 0
    for statement in STATEMENTS:
        connection.execute(statement, bounds).fetchall()
        if statement is not _REMEMBER:
            gone += connection.execute("SELECT changes()").fetchall()[0][0]
    return int(gone)
