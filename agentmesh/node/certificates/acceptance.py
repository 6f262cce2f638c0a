"""Who let us in: what an ACCEPT shows of that is looked at before a word is said."""

from agentmesh.discovery.trust import Vouching
from agentmesh.errors import TransportError
from agentmesh.node.certificates.showings import showing
from agentmesh.node.conversations import Conversations
from agentmesh.node.errands import Again
from agentmesh.node.notices import UNVOUCHED
from agentmesh.node.standing import NOBODY, Shown, Standing
from agentmesh.node.turn import Turn
from agentmesh.policy.checks import BAD_CERTIFICATES
from agentmesh.protocol.ids import SessionId
from agentmesh.session.events import Unvouched, Vouched
from agentmesh.session.states import Answered
from agentmesh.storage.interface import ErrandRow


class Acceptance:
    """Begins sessions with those whose chain holds, and ends the others."""

    def __init__(self, talks: Conversations, standing: Standing) -> None:
        self._talks = talks
        self._standing = standing

    async def check(self, errand: ErrandRow) -> Again | None:
        """Run a `check_chain` errand. What cannot be looked at now is looked at again later."""
        talk = await self._talks.look(errand.peer, errand.session_id)
        if talk is None or not isinstance(talk.state, Answered):
            return None
        shown = shown_by(talk.state)
        judged = await self._standing.shown(errand.peer, shown) or NOBODY
        if judged.fact == "unchecked":
            raise TransportError("chain_unchecked", "What revokes certificates cannot be had now.")

        async def job(turn: Turn) -> None:
            _decide(turn, errand.session_id, judged)

        await self._talks.run(errand.peer, job)
        return None


def _decide(turn: Turn, session_id: SessionId, judged: Vouching) -> None:
    talk = turn.talks.get(session_id)
    if talk is None or not isinstance(talk.state, Answered):
        return  # it was ended meanwhile
    reason = BAD_CERTIFICATES.get(judged.fact)
    if reason is not None:
        turn.sheet.tell(UNVOUCHED, session_id, reason=reason)
        turn.apply(session_id, Unvouched(reason))
        return
    if judged.fact == "valid":
        turn.sheet.changes.append(showing(session_id, judged, turn.now))
    turn.apply(session_id, Vouched())


def shown_by(state: Answered) -> Shown:
    """Return what a yes shows, and what that has to be bound to."""
    this = state.bond.of_peer(state.terms.session_id)
    at = state.accept.timestamp / 1000
    return Shown(chain=state.accept.certificate_chain, bound=this, at=at)
