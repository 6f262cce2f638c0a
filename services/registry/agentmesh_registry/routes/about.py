"""What this registry says about itself."""

import agentmesh
from agentmesh.errors import StorageError
from agentmesh.observability.health import Health
from agentmesh.observability.logs import Code
from agentmesh.protocol.limits import PROTOCOL
from agentmesh.protocol.times import to_text
from agentmesh_registry.bodies import Nothing, Stats
from agentmesh_registry.desk import Call, Desk, Reply

HEALTH_PATHS = ("/healthz", "/readyz", "/version")


async def stats(desk: Desk, _call: Call, _asked: Nothing) -> Reply:
    """Tell how many agents there are."""
    registered, online = await desk.listings.count(desk.now())
    answer = Stats(
        agents=registered,
        online=online,
        version=agentmesh.__version__,
        protocol=PROTOCOL,
        origin=desk.audiences[0],
        server_time=to_text(desk.clock.now()),
    )
    return Reply(body=answer)


async def health(desk: Desk, path: str) -> Reply:
    """Answer one of `HEALTH_PATHS`; ready is who reaches the database."""
    trouble = await _trouble(desk) if path == "/readyz" else None
    answer = Health("registry", {"database": lambda: trouble}).answer(path)
    status, body = answer or (404, b"")
    return Reply(body=body, status=status)


async def _trouble(desk: Desk) -> Code | None:
    try:
        await desk.database.ping()
    except StorageError as error:
        return Code(error.code)
    return None
