"""What agents say of each other, and what that makes of them.

Only who held a session may rate, and only the other party of it: both have signed the receipt.
"""

import hashlib

from agentmesh.errors import CryptoError, NotPermitted, RemoteProtocolError
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.protocol.limits import AGENT_SIGNATURE_MAX_AHEAD, SESSION_RECEIPT_SECONDS
from agentmesh.protocol.session_receipt import decode, prove
from agentmesh.protocol.times import to_text
from agentmesh_registry.auth import authenticate
from agentmesh_registry.bodies import (
    FlagView,
    Held,
    Kept,
    Leaders,
    Lookup,
    Rate,
    ReputationView,
    TagView,
)
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.rates import household
from agentmesh_registry.reputation.score import shown
from agentmesh_registry.routes.agents import not_found
from agentmesh_registry.routes.search import page
from agentmesh_registry.storage.reputation import Found, Rating, Session
from agentmesh_registry.storage.search import Wanted

_COMPLETED = "completed"


async def feedback(desk: Desk, call: Call, asked: Rate) -> Reply:
    """Rate the other party of a session, once. The receipt is the proof that there was one."""
    caller = await authenticate(desk, call)
    held = _session(asked.receipt, caller, desk.now())
    (target,) = set(held.parties) - {caller}
    rating = Rating(
        rater=caller,
        target=target,
        session=held,
        feedback=asked.feedback,
        network=await _network(desk, call.address),
    )
    outcome = await desk.reputation.rate(rating, desk.now())
    if outcome == "agent_not_found":
        raise not_found(target)
    return Reply(body=Kept(outcome=outcome))


async def session(desk: Desk, call: Call, asked: Held) -> Reply:
    """Hand in a session that both parties signed; it counts for both, once."""
    caller = await authenticate(desk, call)
    held = _session(asked.receipt, caller, desk.now())
    if held.completed is None:
        raise RemoteProtocolError(
            "session_not_over",
            "This receipt says that a session began, not how it ended.",
            "Hand it in once both have signed the outcome.",
        )
    outcome = await desk.reputation.held(held, desk.now())
    if outcome == "agent_not_found":
        (other,) = set(held.parties) - {caller}
        raise not_found(other)
    return Reply(body=Kept(outcome=outcome))


async def score(desk: Desk, _call: Call, asked: Lookup) -> Reply:
    """Tell an agent's score and what it rests on."""
    amid = parse_amid(asked.amid)
    found = await desk.reputation.of(amid, desk.now())
    if found is None:
        raise not_found(amid)
    return Reply(body=_view(amid, found, desk.now()))


async def leaderboard(desk: Desk, _call: Call, asked: Leaders) -> Reply:
    """List the best of those that enough agents have rated."""
    return Reply(body=await page(desk, Wanted(is_rated=True), asked.limit))


def _session(receipt: bytes, caller: Amid, now: int) -> Session:
    """Return the session that a receipt proves, if the caller was part of it and it is no relic."""
    try:
        proven = prove(decode(receipt))
    except (CryptoError, RemoteProtocolError):
        raise RemoteProtocolError(
            "receipt_invalid",
            "That receipt proves no session.",
            "Both parties sign it; `agentmesh receipt verify` tells what is wrong.",
        ) from None
    stub = proven.stub
    parties = (stub.initiator, stub.receiver)
    if caller not in parties:
        raise NotPermitted("not_permitted", "Only its own parties speak about a session.")
    if not -AGENT_SIGNATURE_MAX_AHEAD <= (now - stub.started) / 1000 <= SESSION_RECEIPT_SECONDS:
        raise RemoteProtocolError(
            "receipt_expired", "The session is too long ago.", "Rate within 90 days."
        )
    outcome = proven.outcome
    completed = None if outcome is None else outcome.outcome == _COMPLETED
    name = "\0".join((stub.session_id, *parties))
    key = hashlib.sha256(name.encode()).hexdigest()
    return Session(key=key, parties=parties, completed=completed)


async def _network(desk: Desk, address: str) -> bytes:
    key = await desk.reputation.network_key()
    return hashlib.blake2b(household(address).encode(), digest_size=16, key=key).digest()


def _view(amid: Amid, found: Found, now: int) -> ReputationView:
    record = found.record
    standing = record.standing
    return ReputationView(
        amid=amid,
        reputation_score=shown(standing, found.tier, now - found.registered_at),
        reputation_status="rated" if standing.is_rated else "unrated",
        ratings_count=standing.raters,
        owners=record.owners,
        sessions=standing.sessions,
        completed=record.completed,
        tier=int(found.tier) if found.tier.is_integer() else found.tier,
        registered_at=to_text(found.registered_at / 1000),
        tags=tuple(
            TagView(tag=tag, owners=owners, others=others)
            for tag, (owners, others) in sorted(found.tags.items())
        ),
        flags=tuple(
            FlagView(flag=flag, until=to_text(record.flags[flag] / 1000))
            for flag in record.flags_at(now)
        ),
    )
