"""Finding agents by what they offer."""

from agentmesh.errors import UsageError
from agentmesh.protocol import tiers
from agentmesh.protocol.categories import take_apart
from agentmesh_registry.bodies import Find, Page
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.routes.agents import view_of
from agentmesh_registry.storage.search import BEGINNING, Place, Wanted, place_in


async def search(desk: Desk, _call: Call, asked: Find) -> Reply:
    """Search by capability, tier, reputation and presence; rated agents come first."""
    if asked.tier_min is not None and not tiers.is_tier(asked.tier_min):
        raise UsageError("invalid_request", "There is no such tier.", "Tiers are 1.5, 1 and 2.")
    if asked.capability:
        take_apart(asked.capability)
    wanted = Wanted(
        word=asked.capability,
        tier_min=asked.tier_min,
        reputation_min=asked.reputation_min,
        status=asked.status,
    )
    after = place_in(asked.after) if asked.after else BEGINNING
    return Reply(body=await page(desk, wanted, asked.limit, after))


async def page(desk: Desk, wanted: Wanted, limit: int, after: Place = BEGINNING) -> Page:
    """Return a page of agents as others see them."""
    now = desk.now()
    found = await desk.search.page(wanted, now, limit, after)
    return Page(
        results=[view_of(agent, now) for agent in found.agents],
        total=found.total,
        next=None if found.end is None else found.end.text(),
    )
