"""A peer that ends session after session is let be for a while.

To begin anew each time would spend on it alone what relay and registry grant us for all.
"""

from collections.abc import Mapping

from agentmesh.node.at_hand import AtHand
from agentmesh.node.errands import Again, Runner
from agentmesh.node.frequency import Frequency
from agentmesh.node.notices import Notice
from agentmesh.protocol.limits import KNOCKS_PER_MINUTE
from agentmesh.session.parting import CAPACITY_EXCEEDED
from agentmesh.storage.interface import ErrandRow

MINUTE = 60.0
MOST_KNOCKS = KNOCKS_PER_MINUTE // 3
"""So often in a minute we knock at a peer with whom as many sessions end, before we wait."""
LET_BE_SECONDS = 10.0
ENDS_SESSIONS = "peer_ends_sessions"


def held_for_hang_ups(table: Mapping[str, Runner], hand: AtHand) -> Mapping[str, Runner]:
    """Return the same runners, of which none looks up who brought too many sessions to an end.

    Who only ends its own, as whoever asks us much does, is not meant.
    """
    endings, knocks = Frequency(hand.clock), Frequency(hand.clock)
    resolve = table["resolve"]

    def count(notice: Notice) -> None:
        # One that lets hardly anything be said in a session has us end it.
        if notice.fields["by_peer"] or notice.fields["reason"] == CAPACITY_EXCEEDED:
            endings.notice(notice)

    async def resolve_later(errand: ErrandRow) -> Again | None:
        if min(it.within(errand.peer, MINUTE) for it in (endings, knocks)) > MOST_KNOCKS:
            return Again(after=LET_BE_SECONDS, reason=ENDS_SESSIONS)
        return await resolve(errand)

    hand.bulletin.listen(knocks.notice, {"knock_sent"})
    hand.bulletin.listen(count, {"session_closed"})
    return {**table, "resolve": resolve_later}
