"""The control call that asks a registry who offers something.

What is asked for leaves this machine, and nobody is asked before. So an agent that has read other
agents' words asks quietly: for one of the standard categories, and for nothing that somebody could
have told it to say there. The rest of what it asked is looked for in what comes back.
"""

from collections.abc import Iterator

from agentmesh.control import answers, calls
from agentmesh.daemon.api import adverts
from agentmesh.daemon.rooms import Rooms
from agentmesh.discovery.interface import Directory, Found, Query, SearchPage
from agentmesh.errors import NeedsOwner, Refused
from agentmesh.protocol import tiers
from agentmesh.protocol.categories import STANDARD, take_apart
from agentmesh.protocol.limits import PAGE

MAX_PAGES = 5
"""So many pages of a category are looked through in a quiet search; the best rated come first."""


async def search(rooms: Rooms, asked: calls.Search, permit: calls.Permit) -> answers.SearchResults:
    """Find agents in the directory."""
    is_quiet = False
    if permit == "agent":
        rooms.guards.scrubber.insist_on_none(asked.capability)
        where = rooms.consent.contexts.setting(asked.context)
        is_quiet = await rooms.consent.reading.is_moved(where)
    try:
        page = await (_quietly if is_quiet else _plainly)(rooms.directory, asked)
    except Refused:
        if permit == "agent":  # what a registry says besides is nothing for an agent to read
            raise adverts.without_words(asked) from None
        raise
    return answers.SearchResults(
        results=[adverts.found(item, asked, permit) for item in page.results],
        total=page.total,
        next=None if permit == "agent" else page.next,  # a word of the registry's own making
    )


async def _plainly(directory: Directory, asked: calls.Search) -> SearchPage:
    query = Query(
        capability=asked.capability,
        tier_min=asked.tier_min,
        reputation_min=asked.reputation_min,
        status=asked.status or None,  # type: ignore[arg-type]  # the registry checks the word
        limit=asked.limit,
        after=asked.after,
    )
    return await directory.search(query)


async def _quietly(directory: Directory, asked: calls.Search) -> SearchPage:
    """Search for a category and no more; what else was asked for is looked for here."""
    category, _ = take_apart(asked.capability)
    if category not in STANDARD:
        raise NeedsOwner(
            "search_is_owners",
            "Who has read other agents' words asks a registry for the standard categories only.",
            f"There are {', '.join(sorted(STANDARD))}; the owner can: agentmesh search CATEGORY",
        )
    fitting: list[Found] = []
    query = Query(capability=category, limit=PAGE)
    for _ in range(MAX_PAGES):
        page = await directory.search(query)
        fitting += _fitting(page, asked)
        if page.next is None:
            break
        query = Query(capability=category, limit=PAGE, after=page.next)
    return SearchPage(tuple(fitting[: asked.limit]), len(fitting))


def _fitting(page: SearchPage, asked: calls.Search) -> Iterator[Found]:
    category, subcategory = take_apart(asked.capability)
    for item in page.results:
        offers = {it.subcategory for it in item.record.capabilities if it.category == category}
        if (
            (not subcategory or subcategory in offers)
            and (asked.tier_min is None or item.tier in tiers.at_least(asked.tier_min))
            and item.reputation >= (asked.reputation_min or 0)
            and asked.status in {"", item.status}
        ):
            yield item
