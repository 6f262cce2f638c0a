"""Outcomes as SQL: they only move forward, and a frame with nothing open is dropped."""

from agentmesh.storage.changes import Change, Confirm, Settle, SettleAll

UNSETTLED = "outcome IN ('held', 'queued')"

_BY_ID = "message_id IN (SELECT value FROM json_each(:message_ids))"
_BY_NUMBER = (
    "session_id = :session_id"
    " AND (sequence <= :up_to OR sequence IN (SELECT value FROM json_each(:also)))"
)
_BY_SESSION = "session_id = :session_id AND (sequence IS NULL OR NOT :held_only)"


def _first(messages: str) -> str:
    """Settle messages that are open; where they stay open, only the reason may be new."""
    return f"""
        UPDATE outgoing SET outcome = :outcome, reason = :reason,
          body = CASE WHEN :outcome IN ('held', 'queued') THEN body ELSE x'' END
        WHERE {messages} AND {UNSETTLED} AND NOT (outcome = 'queued' AND :outcome = 'held')
    """  # noqa: S608 - put together from the words above


def _later(messages: str) -> str:
    """After `delivered` there is only `consumed`."""
    return f"""
        UPDATE outgoing SET outcome = 'consumed'
        WHERE {messages} AND outcome = 'delivered' AND :outcome = 'consumed'
    """  # noqa: S608


def _drop(frames: str) -> str:
    return f"""
        DELETE FROM errands WHERE {frames}
          AND EXISTS (SELECT 1 FROM outgoing WHERE frame_id = errand_id)
          AND NOT EXISTS (SELECT 1 FROM outgoing WHERE frame_id = errand_id AND {UNSETTLED})
    """  # noqa: S608


_FRAMES_BY_ID = f"errand_id IN (SELECT frame_id FROM outgoing WHERE {_BY_ID})"  # noqa: S608
_FRAMES_BY_SESSION = "session_id = :session_id"

SETTLING: dict[type[Change], tuple[str, ...]] = {
    Settle: (_first(_BY_ID), _later(_BY_ID), _drop(_FRAMES_BY_ID)),
    Confirm: (_first(_BY_NUMBER), _later(_BY_NUMBER), _drop(_FRAMES_BY_SESSION)),
    SettleAll: (_first(_BY_SESSION), _drop(_FRAMES_BY_SESSION)),
}
