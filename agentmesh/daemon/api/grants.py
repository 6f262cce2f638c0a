"""Control calls on grants and introductions."""

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import UsageError
from agentmesh.messages.delivery import clean_name
from agentmesh.node.consent.grant_book import request_payload
from agentmesh.node.consent.leave import insist
from agentmesh.node.turn import Wish
from agentmesh.policy.grants import Grant, judge, read_kind
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.times import from_text, to_text

Permit = calls.Permit
HOUSE_WISH = Wish(intent=Intent(category="communication"), request=SessionRequest())


async def grants_list(rooms: Rooms, asked: calls.GrantsList, _: Permit) -> answers.Grants:
    """List grants, or the requests for some."""
    peer = await rooms.peers.find(asked.peer) if asked.peer else None
    book = rooms.consent.grants
    if not asked.pending:
        rows = await book.all(peer)
        return answers.Grants(grants=[await _shown(rooms, *row) for row in rows])
    requests = [it for it in await book.requests() if peer in {None, it.peer}]
    return answers.Grants(
        grants=[
            answers.Grant(
                peer=it.peer,
                peer_name=await _name(rooms, it.peer),
                kind=it.kind,
                state="requested",
                uses_left=None,
                until=None,
                at=to_text(it.asked_at),
                note=it.note,
            )
            for it in requests
        ]
    )


async def grants_give(rooms: Rooms, asked: calls.GrantsGive, _: Permit) -> answers.Granted:
    """Grant a contact something."""
    peer = await rooms.peers.find(asked.peer)
    until = _until(asked, rooms.hand.clock.now())
    grant = await rooms.consent.grants.give(
        peer, read_kind(asked.kind), uses=asked.uses, until=until
    )
    return answers.Granted(grant=await _shown(rooms, peer, grant))


async def grants_revoke(rooms: Rooms, asked: calls.GrantsRevoke, _: Permit) -> answers.Granted:
    """Take a grant back."""
    peer = await rooms.peers.find(asked.peer)
    grant = await rooms.consent.grants.revoke(peer, read_kind(asked.kind))
    return answers.Granted(grant=await _shown(rooms, peer, grant))


async def grants_ask(rooms: Rooms, asked: calls.GrantsAsk, _: Permit) -> answers.Asked:
    """Ask a peer's owner for a grant."""
    peer = await rooms.peers.find(asked.peer)
    payload = request_payload(read_kind(asked.kind), asked.note)
    return await _post(rooms, peer, "grant_request", payload)


async def introduce(rooms: Rooms, asked: calls.Introduce, _: Permit) -> answers.Asked:
    """Introduce a contact to another one."""
    peer, to = await rooms.peers.find(asked.peer), await rooms.peers.find(asked.to)
    payload = await rooms.consent.introductions.payload(peer, to, asked.note)
    return await _post(rooms, to, "introduction", payload)


async def introductions_list(
    rooms: Rooms, _: calls.IntroductionsList, __: Permit
) -> answers.Introductions:
    """List whom contacts introduced."""
    kept = await rooms.consent.introductions.all()
    return answers.Introductions(introductions=[await views.introduction(rooms, it) for it in kept])


async def _post(rooms: Rooms, peer: Amid, kind: str, payload: bytes) -> answers.Asked:
    insist(await rooms.consent.leave.ask(peer, payload, "owner"))
    message_id = await rooms.house_mail.post(peer, kind, payload, HOUSE_WISH)
    return answers.Asked(message_id=message_id)


def _until(asked: calls.GrantsGive, now: float) -> float | None:
    if asked.until and asked.seconds:
        raise UsageError("invalid_argument", "A grant ends at a time or after one, not both.")
    if asked.seconds:
        return now + asked.seconds
    if not asked.until:
        return None
    try:
        until = from_text(asked.until)
    except ValueError:
        raise UsageError(
            "invalid_argument", "The time is written as 2026-12-24T18:00:00Z."
        ) from None
    if until <= now:
        raise UsageError("invalid_argument", "That time is over.")
    return until


async def _shown(rooms: Rooms, peer: Amid, grant: Grant) -> answers.Grant:
    verdict = judge(grant.kind, grant, rooms.hand.clock.now())
    return answers.Grant(
        peer=peer,
        peer_name=await _name(rooms, peer),
        kind=grant.kind,
        state=verdict.reason or "granted",  # type: ignore[arg-type]  # a grant is there
        uses_left=grant.uses_left,
        until=None if grant.until is None else to_text(grant.until),
        at=to_text(grant.given_at),
        note="",
    )


async def _name(rooms: Rooms, peer: Amid) -> str:
    row = await rooms.peers.row(peer)
    return clean_name((row.alias or row.name) if row else "")
