"""Presence: what an agent last said, until it fades."""

from agentmesh.protocol.limits import ONE_TIME_PREKEYS_LOW, PRESENCE_SECONDS
from agentmesh.protocol.times import to_text
from agentmesh_registry.auth import prove
from agentmesh_registry.bodies import SetStatus, StatusSet
from agentmesh_registry.desk import Call, Desk, Reply


async def set_status(desk: Desk, call: Call, asked: SetStatus) -> Reply:
    """Publish the caller's presence; it becomes `offline` unless it is published again."""
    seen, now = await prove(desk, call), desk.now()
    caller, period = seen.amid, (now, now + PRESENCE_SECONDS * 1000)
    await desk.agents.set_status(caller, asked.status, period, desk.nonces.noting(seen, now))
    shelf = await desk.prekeys.shelf(caller)
    answer = StatusSet(
        amid=caller,
        status=asked.status,
        last_seen=to_text(now / 1000),
        expires_in_seconds=PRESENCE_SECONDS,
        low_prekeys=shelf.one_time < ONE_TIME_PREKEYS_LOW,
    )
    return Reply(body=answer)
