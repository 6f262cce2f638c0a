"""Control calls by which the owner proves to the registry whose agent this is."""

from agentmesh.control import answers, calls
from agentmesh.daemon.api.organizations import obtained
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.tiers import PERSON
from agentmesh.protocol.web_address import is_safe


async def owner_providers(
    rooms: Rooms, _: calls.OwnerProviders, __: calls.Permit
) -> answers.Providers:
    """List where owners can prove who they are."""
    return answers.Providers(providers=list(await rooms.directory.providers()))


async def owner_begin(rooms: Rooms, asked: calls.OwnerBegin, _: calls.Permit) -> answers.ProofBegun:
    """Begin to prove who owns this agent."""
    begun = await rooms.directory.begin_proof(asked.provider, asked.address)
    if begun.url and not is_safe(begun.url):
        raise RemoteProtocolError(
            "address_unsafe", "The registry named an address that no browser should open."
        )
    return answers.ProofBegun(
        attempt=begun.attempt, url=begun.url, expires_in_seconds=begun.expires_in_seconds
    )


async def owner_prove(rooms: Rooms, asked: calls.OwnerProve, _: calls.Permit) -> answers.Proved:
    """Hand in the code that the owner was shown."""
    found = await rooms.directory.prove(asked.attempt, asked.code)
    certificate = await obtained(rooms) if found.tier == PERSON else None
    return answers.Proved(amid=found.amid, tier=found.tier, certificate=certificate)
