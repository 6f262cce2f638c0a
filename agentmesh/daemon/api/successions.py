"""Control calls about who takes whose place."""

from agentmesh.control import answers, calls
from agentmesh.daemon.api import contacts, views
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import UsageError
from agentmesh.node.notices import Notice
from agentmesh.protocol.ids import Amid, SessionId

Permit = calls.Permit
_KNOCKS = 1000


async def contacts_follow(rooms: Rooms, asked: calls.ContactsFollow, _: Permit) -> answers.Kept:
    """Put a contact's successor in its place; what the owner allowed the old one ends with it."""
    old = await rooms.peers.find(asked.peer)
    row = await rooms.successions.follow(old)
    await rooms.consent.forget(old)
    await rooms.breakers.end_sessions_with(old)
    contacts.tell_of_trust(rooms, row)
    rooms.hand.bulletin.publish(Notice(kind="peer_followed", peer=row.amid))
    for knock in await _waiting(rooms, row.amid):
        await rooms.gatekeeper.approve(knock, as_contact=False)
    return answers.Kept(contact=await views.contact(rooms, row))


async def contacts_decline(
    rooms: Rooms, asked: calls.ContactsDecline, _: Permit
) -> answers.Declined:
    """Keep that the owner does not believe it, and turn away who says so."""
    old = await rooms.peers.find(asked.peer)
    successor = await rooms.successions.decline(old)
    for knock in await _waiting(rooms, successor):
        await rooms.gatekeeper.deny(knock)
    return answers.Declined(amid=old, successor=successor)


async def rotate(rooms: Rooms, asked: calls.Rotate, _: Permit) -> answers.Rotated:
    """Let a new identity take ours' place: first at the registry, then here."""
    own = rooms.hand.keys.ring.identity.amid
    if asked.confirm != own:
        raise UsageError(
            "not_confirmed",
            "That is not this agent's AMID: nothing was changed.",
            f"It is for good. To go on: agentmesh rotate --confirm {own}",
        )
    if await rooms.taking_back.done():
        raise UsageError(
            "identity_revoked",
            "This identity was taken back: it names nobody in its place any more.",
            "A new agent has another home: AGENTMESH_HOME=~/.agentmesh-new agentmesh up",
        )
    it = await rooms.succeeding.rotate(asked.note)
    return answers.Rotated(amid=own, successor=it.new, published=it.is_published)


async def _waiting(rooms: Rooms, peer: Amid) -> list[SessionId]:
    """Return the KNOCKs of a peer that wait for the owner."""
    rows = await rooms.hand.store.knocks(pending=True, limit=_KNOCKS)
    return [row.knock_id for row in rows if row.peer == peer]
