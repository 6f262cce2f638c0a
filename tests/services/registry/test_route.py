"""What a route says of itself."""

from agentmesh_registry.bodies import Nothing
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.routes.route import Route


async def greet(_desk: Desk, _call: Call, _asked: Nothing) -> Reply:
    """Greet whoever asks.

    And nobody else.
    """
    return Reply(body={})


def test_its_summary_is_one_sentence() -> None:
    route = Route(method="GET", path="/hello", run=greet, asked=Nothing)
    assert route.summary == "Greet whoever asks."
