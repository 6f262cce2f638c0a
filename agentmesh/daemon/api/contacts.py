"""Control calls on the owner's address book."""

from collections.abc import Sequence

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import NotPermitted, UsageError
from agentmesh.node.notices import Notice
from agentmesh.node.peers import CONTACT
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import ContactRow

Permit = calls.Permit


async def contacts_list(
    rooms: Rooms, asked: calls.ContactsList, permit: Permit
) -> answers.Contacts:
    """List the contacts; in one peer's own session no others."""
    where = rooms.consent.contexts.setting(asked.context)
    rows = [row for row in await rooms.peers.contacts() if where.is_about(row.amid)]
    behind = rows[_place(rows, asked.after) :]
    page = behind[: asked.limit]
    return answers.Contacts(
        contacts=[await views.contact(rooms, row, permit) for row in page],
        total=len(rows),
        next=page[-1].amid if len(behind) > len(page) else "",
    )


def _place(rows: Sequence[ContactRow], after: str) -> int:
    """Return how many rows there are up to one."""
    if not after:
        return 0
    place = next((number for number, row in enumerate(rows, 1) if row.amid == after), None)
    if place is None:
        raise UsageError("invalid_place", "This is no place that an answer gave, or it is gone.")
    return place


async def contacts_show(rooms: Rooms, asked: calls.ContactsShow, permit: Permit) -> answers.Kept:
    """Show one contact."""
    peer = await rooms.peers.find(asked.peer)
    rooms.consent.contexts.setting(asked.context).insist_on(peer)
    row = await rooms.peers.contact(peer)
    return answers.Kept(contact=await views.contact(rooms, row, permit))


async def contacts_add(rooms: Rooms, asked: calls.ContactsAdd, _: Permit) -> answers.Kept:
    """Make a peer a contact."""
    peer = await rooms.peers.find(asked.peer)
    if peer == rooms.hand.keys.ring.identity.amid:
        raise NotPermitted("peer_is_ourselves", "That is this agent's own AMID.")
    row = await rooms.peers.describe(peer, alias=asked.alias, description=asked.description)
    return await _trusted(rooms, peer, max(row.trust, CONTACT))


async def contacts_alias(rooms: Rooms, asked: calls.ContactsAlias, _: Permit) -> answers.Kept:
    """Give a contact a name of our own."""
    peer = await rooms.peers.find(asked.peer)
    return await _kept(rooms, await rooms.peers.describe(peer, alias=asked.alias))


async def contacts_trust(rooms: Rooms, asked: calls.ContactsTrust, _: Permit) -> answers.Kept:
    """Set how far a contact is trusted; whom we do not know any more has to knock again."""
    peer = await rooms.peers.find(asked.peer)
    if asked.trust < CONTACT:
        await _let_go(rooms, peer)
    return await _trusted(rooms, peer, asked.trust)


async def contacts_autonomy(rooms: Rooms, asked: calls.ContactsAutonomy, _: Permit) -> answers.Kept:
    """Set what the agent may send a contact by itself."""
    peer = await rooms.peers.find(asked.peer)
    row = await rooms.peers.let_do(peer, asked.autonomy)
    level = asked.autonomy or "default"
    rooms.hand.bulletin.publish(
        Notice(kind="peer_autonomy_changed", peer=peer, fields={"autonomy": level})
    )
    return await _kept(rooms, row)


async def contacts_note(rooms: Rooms, asked: calls.ContactsNote, _: Permit) -> answers.Kept:
    """Keep the owner's words on what a contact may be used for."""
    peer = await rooms.peers.find(asked.peer)
    row = await rooms.peers.contact(peer)
    await rooms.consent.remarks.note(peer, asked.note)
    return await _kept(rooms, row)


async def contacts_remove(rooms: Rooms, asked: calls.ContactsRemove, _: Permit) -> answers.Removed:
    """Forget a contact; its sessions end, and it has to knock again."""
    peer = await rooms.peers.find(asked.peer)
    await rooms.consent.forget(peer)
    await rooms.peers.forget(peer)
    await rooms.breakers.end_sessions_with(peer)
    return answers.Removed(amid=peer)


async def _let_go(rooms: Rooms, peer: Amid) -> None:
    """Take back what the owner allowed a contact; only its names are kept."""
    await rooms.peers.let_do(peer, "")
    await rooms.consent.forget(peer)
    await rooms.breakers.end_sessions_with(peer)


def tell_of_trust(rooms: Rooms, row: ContactRow) -> None:
    """Tell everybody in the house how far a peer is trusted now."""
    rooms.hand.bulletin.publish(
        Notice(kind="peer_trust_changed", peer=row.amid, fields={"trust": row.trust})
    )


async def _trusted(rooms: Rooms, peer: Amid, level: int) -> answers.Kept:
    row = await rooms.peers.trust(peer, level)
    tell_of_trust(rooms, row)
    return await _kept(rooms, row)


async def _kept(rooms: Rooms, row: ContactRow) -> answers.Kept:
    return answers.Kept(contact=await views.contact(rooms, row))
