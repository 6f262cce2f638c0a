"""Control calls on peers known from somewhere else."""

from agentmesh.control import answers, calls
from agentmesh.daemon.api import contacts, views
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import NotPermitted
from agentmesh.node.acquaintances import Acquaintance
from agentmesh.protocol.times import to_text

Permit = calls.Permit


async def acquaintances_add(
    rooms: Rooms, asked: calls.AcquaintancesAdd, _: Permit
) -> answers.AcquaintancesAdded:
    """Keep what was written elsewhere."""
    now = rooms.hand.clock.now()
    several = [
        Acquaintance(
            former_id=it.former_id,
            alias=it.alias,
            description=it.description,
            note=it.note,
            approved=it.approved,
            added_at=now,
        )
        for it in asked.peers
    ]
    added = await rooms.acquaintances.add(several)
    return answers.AcquaintancesAdded(added=[it.former_id for it in added])


async def acquaintances_bind(
    rooms: Rooms, asked: calls.AcquaintancesBind, _: Permit
) -> answers.Kept:
    """Say who it is here."""
    peer = await rooms.peers.find(asked.peer)
    if peer == rooms.hand.keys.ring.identity.amid:
        raise NotPermitted("peer_is_ourselves", "That is this agent's own AMID.")
    row = await rooms.acquaintances.bind(asked.known_as, peer, asked.alias)
    contacts.tell_of_trust(rooms, row)
    return answers.Kept(contact=await views.contact(rooms, row))


async def acquaintances_list(
    rooms: Rooms, _: calls.AcquaintancesList, __: Permit
) -> answers.Acquaintances:
    """List those who were not met here yet."""
    return answers.Acquaintances(
        acquaintances=[
            answers.Acquaintance(
                former_id=it.former_id,
                alias=it.alias,
                description=it.description,
                note=it.note,
                approved=it.approved,
                added_at=to_text(it.added_at),
            )
            for it in await rooms.acquaintances.all()
        ]
    )
