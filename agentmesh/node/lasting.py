"""A session in which daemons may talk: it is open, and not over with one answer."""

from msgspec.structs import replace

from agentmesh.node.at_hand import AtHand
from agentmesh.node.conversations import Conversations
from agentmesh.node.sessions import takes_messages, wish_of
from agentmesh.node.turn import Talk, Wish
from agentmesh.protocol.ids import Amid
from agentmesh.session.states import Open


async def lasting_session(hand: AtHand, talks: Conversations, peer: Amid) -> Wish | None:
    """Return the wish to say something in an open session that lasts; None if there is none."""
    for row in await hand.store.sessions(peer):
        talk = await talks.look(peer, row.session_id)
        if talk is not None and _is_ready(talk, hand.clock.now()):
            return replace(wish_of(talk), session_id=row.session_id)
    return None


def _is_ready(talk: Talk, now: float) -> bool:
    match talk.state:
        case Open() as state:
            lasts = state.terms.request.type != "request_response"
            return lasts and takes_messages(talk, now) and state.cipher.can_send
        case _:
            return False
