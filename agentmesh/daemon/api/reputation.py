"""Control calls about what is said of agents, and by us."""

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import NotPermitted, UsageError
from agentmesh.protocol.feedback import Feedback
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.session_receipt import DRAWER, decode, prove
from agentmesh.storage.interface import CardRow


async def reputation_show(
    rooms: Rooms, asked: calls.ReputationShow, _: calls.Permit
) -> answers.Reputation:
    """Show what the registry says of an agent."""
    ours = rooms.hand.keys.ring.identity.amid
    amid = await rooms.peers.find(asked.peer) if asked.peer else ours
    found = await rooms.directory.reputation(amid)
    return answers.Reputation(
        amid=amid,
        score=found.reputation_score,
        rated=found.reputation_status == "rated",
        ratings_count=found.ratings_count,
        owners=found.owners,
        sessions=found.sessions,
        completed=found.completed,
        tier=found.tier,
        registered_at=found.registered_at,
        tags=[answers.TagSaid(tag=it.tag, owners=it.owners, others=it.others) for it in found.tags],
        flags=[answers.FlagShown(flag=it.flag, until=it.until) for it in found.flags],
    )


async def reputation_rate(
    rooms: Rooms, asked: calls.ReputationRate, _: calls.Permit
) -> answers.Rated:
    """Rate a peer for a session that both signed."""
    peer = await rooms.peers.find(asked.peer)
    if peer == rooms.hand.keys.ring.identity.amid:
        raise NotPermitted("peer_is_ourselves", "Nobody rates itself.")
    card = await _receipt(rooms, peer, asked.session_id)
    said = Feedback(score=asked.score, tags=tuple(dict.fromkeys(asked.tags)))
    is_news = await rooms.directory.rate(card.body, said)
    return answers.Rated(amid=peer, session_id=card.name, repeated=not is_news)


async def _receipt(rooms: Rooms, peer: Amid, session_id: str) -> CardRow:
    """Return the receipt of a session with a peer: the one named, or the youngest."""
    for card in reversed(await rooms.hand.store.cards(DRAWER)):
        if session_id and card.name != session_id:
            continue
        stub = prove(decode(card.body)).stub
        if peer in (stub.initiator, stub.receiver):
            return card
    raise UsageError(
        "receipt_unknown",
        "There is no receipt of such a session with this peer.",
        "Only who held a session may rate: `agentmesh receipt list` shows them, for 90 days.",
    )
