"""A relay's word on who is gone."""

from agentmesh.protocol.absences import Absences
from agentmesh.protocol.ids import parse_amid
from agentmesh_registry.auth import prove
from agentmesh_registry.bodies import Lost
from agentmesh_registry.desk import Call, Desk, Reply


async def lose(desk: Desk, call: Call, asked: Absences) -> Reply:
    """Show agents as offline that the calling relay has lost, and that said nothing since."""
    relay = desk.relays.claim(call.authorization)
    seen, now = await prove(desk, call, relay.key), desk.now()
    # A request that was held up on its way speaks of when it was signed.
    said_at = min(now, relay.said_at)
    lost = {parse_amid(it.amid): said_at - it.ago_ms for it in asked.gone}
    noting = desk.nonces.noting(seen, now)
    return Reply(body=Lost(offline=await desk.absences.keep(lost, relay.origins, now, noting)))
