"""Outcomes as SQL: they only move forward, and a frame with nothing open is dropped.

What is open is found by its numbers in one small index. So the frames go first: afterwards it would
have to be looked for which of their messages there are.
"""

from agentmesh.storage.changes import Change, Confirm, Settle, SettleAll

UNSETTLED = "outcome IN ('held', 'queued')"
EXPIRED = f"SELECT row FROM outgoing WHERE {UNSETTLED} AND expires_at <= ?"  # noqa: S608
"""Which of them are past their time, found without a look at the rows themselves."""

_BY_ID = "message_id IN (SELECT value FROM json_each(:message_ids))"
_BY_NUMBER = (
    "session_id = :session_id AND sequence <= :up_to",
    "session_id = :session_id AND sequence IN (SELECT value FROM json_each(:also))",
)
_BY_SESSION = "session_id = :session_id AND (sequence IS NULL OR NOT :held_only)"


def _those(column: str, outcome: str, *chosen: str) -> str:
    """Return what selects a column of the messages that are chosen and have such an outcome."""
    return " UNION ALL ".join(
        f"SELECT {column} FROM outgoing WHERE {one} AND {outcome}"  # noqa: S608 - our own words
        for one in chosen
    )


def _drop(*chosen: str) -> str:
    """Drop the frames of which nothing but what is chosen is open."""
    return f"""
        DELETE FROM errands
        WHERE :outcome NOT IN ('held', 'queued')
          AND errand_id IN ({_those("frame_id", UNSETTLED, *chosen)})
          AND NOT EXISTS (
            SELECT 1 FROM outgoing
            WHERE outgoing.session_id = errands.session_id AND sequence > 0 AND {UNSETTLED}
              AND frame_id = errand_id AND row NOT IN ({_those("row", UNSETTLED, *chosen)})
          )
    """  # noqa: S608


def _first(*chosen: str) -> str:
    """Settle messages that are open; where they stay open, only the reason may be new."""
    return f"""
        UPDATE outgoing SET outcome = :outcome, reason = :reason,
          body = CASE WHEN :outcome IN ('held', 'queued') THEN body ELSE x'' END
        WHERE row IN ({_those("row", UNSETTLED, *chosen)})
          AND NOT (outcome = 'queued' AND :outcome = 'held')
    """  # noqa: S608


def _later(*chosen: str) -> str:
    """After `delivered` there is only `consumed`."""
    return f"""
        UPDATE outgoing SET outcome = 'consumed'
        WHERE :outcome = 'consumed' AND row IN ({_those("row", "outcome = 'delivered'", *chosen)})
    """  # noqa: S608


SETTLING: dict[type[Change], tuple[str, ...]] = {
    Settle: (_drop(_BY_ID), _first(_BY_ID), _later(_BY_ID)),
    Confirm: (_drop(*_BY_NUMBER), _first(*_BY_NUMBER), _later(*_BY_NUMBER)),
    SettleAll: (_drop(_BY_SESSION), _first(_BY_SESSION)),
}
