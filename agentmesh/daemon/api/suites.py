"""The control call on suites below the floor, and how sessions in them are shown."""

from collections.abc import Sequence

from agentmesh.control import answers, calls
from agentmesh.crypto.suites import is_degraded
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import NotPermitted
from agentmesh.node.breakers import LIVING
from agentmesh.node.notices import Notice
from agentmesh.observability.findings import Finding
from agentmesh.protocol.ids import Amid
from agentmesh.session import snapshot
from agentmesh.session.states import Answered, AnyState, Knocking, Open

_SHOWN = 5


async def contacts_allow_degraded(
    rooms: Rooms, asked: calls.ContactsAllowDegraded, _: calls.Permit
) -> answers.SuitesAllowed:
    """Permit sessions in a suite below the floor with one peer, or take that back."""
    peer = await rooms.peers.find(asked.peer)
    if peer == rooms.hand.keys.ring.identity.amid:
        raise NotPermitted("peer_is_ourselves", "That is this agent's own AMID.")
    ended = 0
    if asked.never:
        pin = await rooms.peers.pins.forbid(peer)
        ended = await _end_degraded(rooms, peer)
    else:
        await rooms.peers.describe(peer)  # from now on its lists of suites are remembered
        pin = await rooms.peers.pins.allow(peer, asked.suite)
    rooms.hand.bulletin.publish(
        Notice(kind="peer_suites_changed", peer=peer, fields={"allowed": len(pin.allowed)})
    )
    return answers.SuitesAllowed(
        amid=peer, allowed=list(pin.allowed), pinned=pin.strongest, sessions_ended=ended
    )


def suite_of(state: AnyState) -> str:
    """Return the suite of a session; empty as long as none was chosen."""
    match state:
        case Open(suite=suite):
            return suite
        case Knocking(asked=asked) | Answered(asked=Knocking(asked=asked)):
            return asked.suite
        case _:
            return ""


def warnings(sessions: Sequence[answers.Session]) -> list[Finding]:
    """Return a warning for each session whose suite is below the floor, up to a bound."""
    degraded = [it for it in sessions if it.degraded]
    found = [
        Finding(
            "session_degraded",
            "warning",
            f"The session with {it.peer_name or it.peer} is under {it.suite}, which is weak.",
            f"End it and forbid more: agentmesh contacts allow-degraded {it.peer} --never",
        )
        for it in degraded[:_SHOWN]
    ]
    if len(degraded) > _SHOWN:
        why = f"{len(degraded) - _SHOWN} more sessions are under a weak suite."
        found.append(Finding("session_degraded", "warning", why, "agentmesh sessions"))
    return found


async def permissions(rooms: Rooms) -> list[Finding]:
    """Return a note for each peer with whom the owner permits a suite below the floor."""
    allowed = await rooms.peers.pins.allowed()
    return [
        Finding(
            "degraded_allowed",
            "note",
            f"{' and '.join(names)} may be used with {peer}.",
            f"agentmesh contacts allow-degraded {peer} --never",
        )
        for peer, names in sorted(allowed.items())[:_SHOWN]
    ]


async def _end_degraded(rooms: Rooms, peer: Amid) -> int:
    ended = 0
    for row in await rooms.hand.store.sessions(peer):
        suite = suite_of(snapshot.load(row.state)) if row.phase in LIVING else ""
        if suite and is_degraded(suite):
            await rooms.breakers.kill(row.session_id)
            ended += 1
    return ended
