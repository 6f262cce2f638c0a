"""The control call by which two owners make sure that each has the other's key."""

import asyncio

from agentmesh.control import answers, calls
from agentmesh.daemon.api.organizations import vouched_for
from agentmesh.daemon.api.registry import proof
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import NotPermitted
from agentmesh.identity.trust import safety_emoji, safety_number
from agentmesh.identity.verification import compare, verification_text
from agentmesh.messages.delivery import clean_name
from agentmesh.node.notices import Notice


async def verify(rooms: Rooms, asked: calls.Verify, _: calls.Permit) -> answers.SafetyNumber:
    """Show the safety number with a peer; keep that it was compared."""
    ours = rooms.hand.keys.ring.identity
    peer = await rooms.peers.find(asked.peer)
    if peer == ours.amid:
        raise NotPermitted("peer_is_ourselves", "That is this agent's own AMID.")
    theirs = await rooms.peers.signing_key(peer)
    number = await asyncio.to_thread(safety_number, ours.public_key, theirs)
    if asked.scanned:
        compare(asked.scanned, peer, ours.amid, number)
    if asked.confirm or asked.scanned:
        await rooms.consent.key_changes.check_liftable(peer)
        await rooms.peers.verify(peer, theirs)
        await rooms.consent.key_changes.lift(peer)
        rooms.errands.retry_frames()
        rooms.hand.bulletin.publish(Notice(kind="peer_verified", peer=peer))
    row = await rooms.peers.row(peer)
    emoji = await asyncio.to_thread(safety_emoji, ours.public_key, theirs)
    return answers.SafetyNumber(
        amid=peer,
        name=clean_name((row.alias or row.name) if row else ""),
        number=number,
        emoji=[answers.Emoji(emoji=sign, name=name) for sign, name in emoji],
        text=verification_text(ours.amid, peer, number),
        verified=row is not None and row.verified_at is not None,
        log=await proof(rooms, peer),
        vouched=await vouched_for(rooms, peer),
    )
