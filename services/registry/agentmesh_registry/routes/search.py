"""Finding agents by what they offer."""

from agentmesh.errors import UsageError
from agentmesh.protocol import tiers
from agentmesh.protocol.categories import take_apart
from agentmesh_registry.bodies import Find, Page
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.routes.agents import view_of
from agentmesh_registry.storage.search import Wanted


async def search(desk: Desk, _call: Call, asked: Find) -> Reply:
    """Search by capability, tier, reputation and presence; rated agents come first."""
    if asked.tier_min is not None and not tiers.is_tier(asked.tier_min):
        raise UsageError("invalid_request", "There is no such tier.", "Tiers are 1.5, 1 and 2.")
    category, subcategory = take_apart(asked.capability) if asked.capability else ("", "")
    wanted = Wanted(
        category=category,
        subcategory=subcategory,
        tier_min=asked.tier_min,
        reputation_min=asked.reputation_min,
        status=asked.status,
    )
    now = desk.now()
    found, total = await desk.search.page(wanted, now, limit=asked.limit, offset=asked.offset)
    return Reply(body=Page(results=[view_of(agent, now) for agent in found], total=total))
