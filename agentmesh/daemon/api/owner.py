"""Control calls by which the owner decides: knocks, sessions, breakers, policy."""

import msgspec

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.daemon.api.guard import breakers
from agentmesh.daemon.rooms import Rooms
from agentmesh.node.breakers import LIVING
from agentmesh.node.notices import Notice
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.storage.interface import WantedSessions

Permit = calls.Permit
GOODBYE_SECONDS = 2.0


# --- knocks -------------------------------------------------------------------------------------


async def knocks_list(rooms: Rooms, asked: calls.KnocksList, _: Permit) -> answers.Knocks:
    """List who wanted to talk."""
    rows = await rooms.hand.store.knocks(pending=asked.pending, limit=asked.limit)
    return answers.Knocks(knocks=[await views.knock(rooms, row) for row in rows])


async def knocks_approve(rooms: Rooms, asked: calls.KnocksApprove, _: Permit) -> answers.Decided:
    """Accept a KNOCK; its sender becomes a contact if it is to."""
    row = await rooms.gatekeeper.approve(SessionId(asked.id), as_contact=asked.contact)
    return answers.Decided(knock=await views.knock(rooms, row))


async def knocks_deny(rooms: Rooms, asked: calls.KnocksDeny, _: Permit) -> answers.Decided:
    """Dismiss a KNOCK; its sender sees silence."""
    row = await rooms.gatekeeper.deny(SessionId(asked.id))
    return answers.Decided(knock=await views.knock(rooms, row))


async def knocks_block(rooms: Rooms, asked: calls.KnocksBlock, _: Permit) -> answers.Decided:
    """Dismiss a KNOCK and block its sender."""
    row = await rooms.gatekeeper.deny(SessionId(asked.id), "blocked")
    await _block(rooms, row.peer, is_blocked=True)
    return answers.Decided(knock=await views.knock(rooms, row))


# --- sessions and breakers ----------------------------------------------------------------------


async def sessions(rooms: Rooms, asked: calls.Sessions, permit: Permit) -> answers.Sessions:
    """List the sessions that live."""
    before = SessionId(asked.before) if asked.before else None
    return await living(rooms, permit, WantedSessions(before=before, limit=asked.limit))


async def living(rooms: Rooms, permit: Permit, wanted: WantedSessions) -> answers.Sessions:
    """Return sessions that are open or on their way."""
    one_more = msgspec.structs.replace(wanted, phases=LIVING, limit=wanted.limit + 1)
    rows, total = await rooms.hand.store.last_sessions(one_more)
    page = rows[: wanted.limit]
    return answers.Sessions(
        sessions=[await views.session(rooms, row, permit) for row in page],
        total=total,
        next=page[-1].session_id if len(rows) > len(page) else "",
    )


async def kill(rooms: Rooms, asked: calls.Kill, _: Permit) -> answers.Killed:
    """End one session; the peer is told."""
    await rooms.breakers.kill(SessionId(asked.session_id))
    return answers.Killed(session_id=asked.session_id)


async def shutdown(rooms: Rooms, _: calls.Shutdown, __: Permit) -> answers.Breakers:
    """End all sessions, say good-bye, go offline."""
    ended = await rooms.breakers.shutdown()
    await rooms.errands.settle(GOODBYE_SECONDS)
    await rooms.transport.switch(is_on=False)
    return msgspec.structs.replace(breakers(rooms), sessions_ended=ended)


async def wake(rooms: Rooms, _: calls.Wake, __: Permit) -> answers.Breakers:
    """Go online again."""
    await rooms.breakers.wake()
    await rooms.transport.switch(is_on=True)
    rooms.presence.show()
    return breakers(rooms)


async def block(rooms: Rooms, asked: calls.Block, _: Permit) -> answers.Blocked:
    """Never hear from a peer again; its sessions end."""
    peer = await rooms.peers.find(asked.peer)
    ended = await _block(rooms, peer, is_blocked=True)
    return answers.Blocked(amid=peer, blocked=True, sessions_ended=ended)


async def unblock(rooms: Rooms, asked: calls.Unblock, _: Permit) -> answers.Blocked:
    """Let a peer knock again."""
    peer = await rooms.peers.find(asked.peer)
    await _block(rooms, peer, is_blocked=False)
    return answers.Blocked(amid=peer, blocked=False)


async def _block(rooms: Rooms, peer: Amid, *, is_blocked: bool) -> int:
    policy = rooms.policy.current()
    changed = policy.blocklist | {peer} if is_blocked else policy.blocklist - {peer}
    rooms.policy.replace(msgspec.structs.replace(policy, blocklist=changed))
    kind = "breaker_block" if is_blocked else "breaker_unblock"
    rooms.hand.bulletin.publish(Notice(kind=kind, peer=peer))
    return await rooms.breakers.end_sessions_with(peer) if is_blocked else 0
