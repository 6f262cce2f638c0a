"""Breakers that trip by themselves: loops, the same text to many, bursts, frames nobody can read.

What an owner types counts nowhere, but for answers: an agent that has only a shell answers as the
owner. One answer to a message is a turn, and nothing else: many peers that ask the same at once
must not be able to silence an agent. Counts are kept in memory; what tripped is kept on the disk.
"""

from collections import OrderedDict
from collections.abc import Sequence

from agentmesh.errors import AgentMeshError, CryptoError, NeedsOwner, Refused
from agentmesh.messages.body import Body
from agentmesh.messages.envelope import Context, Envelope
from agentmesh.node.at_hand import AtHand
from agentmesh.node.consent.contexts import UNKNOWN, Setting
from agentmesh.node.guard.chains import Chains, answering
from agentmesh.node.guard.trips import Trips
from agentmesh.node.notices import Notice
from agentmesh.policy.breakers import ALL_PEERS
from agentmesh.policy.counting import Recent, RecentByName
from agentmesh.policy.document import BreakerLimits
from agentmesh.policy.likeness import Repetitions, is_too_often
from agentmesh.policy.loops import Turns, is_loop
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.storage.interface import IncomingRow

MINUTE, HOUR = 60, 3600
MAX_ANSWERED = 1000
BROKEN = {"parcel_malformed", "parcel_not_of_this_session"}
"""What else but a failure of the seal counts as a frame that nobody can read."""


_HEARD = (
    "key_change",
    "peer_verified",
    "peer_floods",
    "too_many_approvals",
    "breaker_lifted",
)


class Sentry:
    """Counts what the agent sends and what comes, and trips what is too much."""

    def __init__(self, hand: AtHand, trips: Trips) -> None:
        self._policy = hand.policy
        self._clock = hand.clock
        self._trips = trips
        self._chains = Chains(hand.clock)
        self._turns = Turns()
        self._repetitions = Repetitions()
        self._sent = Recent()
        self._answered: OrderedDict[MessageId, None] = OrderedDict()
        self._unreadable: RecentByName[Amid] = RecentByName()
        hand.bulletin.listen(self._notice, _HEARD)
        hand.bulletin.listen_to_runs(self._received, {"message_received"})

    # --- what our agent says -------------------------------------------------------------------

    def was_read(self, envelope: Envelope, where: Setting = UNKNOWN) -> None:
        """The agent is shown a message: what it sends soon goes on in its chain."""
        self._chains.was_read(envelope, where)

    def may_send(self, peer: Amid, body: Body, where: Setting = UNKNOWN) -> Context | None:
        """Return the chain that what the agent sends goes on in; refuse what is too much."""
        self._check_agent(peer, body)
        context = self._chains.going_on(where)
        self._check_hops(context)
        return context

    def may_answer(self, row: IncomingRow, body: Body, *, by_agent: bool) -> Context | None:
        """The same for an answer to a message."""
        context = answering(row, self._clock.now())
        if not by_agent:
            self._check_turns(row.peer)
            return context
        if self._is_first_answer(row.message_id):
            self._refuse_if_tripped()
            self._check_turns(row.peer)
        else:
            self._check_agent(row.peer, body)
        self._check_hops(context)
        return context

    def _is_first_answer(self, message_id: MessageId) -> bool:
        """Whether this one answer, for which its peer asked, is not said yet."""
        is_first = message_id not in self._answered
        self._answered[message_id] = None
        if len(self._answered) > MAX_ANSWERED:
            self._answered.popitem(last=False)
        return is_first

    @property
    def _limits(self) -> BreakerLimits:
        return self._policy().breakers

    def _check_agent(self, peer: Amid, body: Body) -> None:
        self._refuse_if_tripped()
        limits, now = self._limits, self._clock.monotonic()
        self._sent.add(now)
        sent = self._sent.within(MINUTE, now)
        if 0 < limits.sent_per_minute < sent:
            self._trips.trip("burst", ALL_PEERS, sent, MINUTE)
        text = body.payload.decode(errors="replace")
        peers = self._repetitions.said(peer, text, now, limits)
        if is_too_often(peers, limits):
            self._trips.trip("same_text", ALL_PEERS, peers, limits.same_text_seconds)
        self._refuse_if_tripped()
        self._check_turns(peer)

    def _refuse_if_tripped(self) -> None:
        for trip in self._trips.on_peer(ALL_PEERS):
            raise NeedsOwner("breaker_tripped", f"{trip.why} It may send nothing now.", trip.lift)

    def _check_turns(self, peer: Amid) -> None:
        limits = self._limits
        turns = self._turns.said(peer, self._clock.monotonic(), limits)
        if is_loop(turns, limits):
            self._trips.trip("loop", peer, turns, limits.loop_seconds)
        for trip in self._trips.on_peer(peer):
            raise Refused("peer_paused", f"This peer is paused: {trip.why}", trip.lift)

    def _check_hops(self, context: Context | None) -> None:
        if context is not None and 0 < self._limits.max_hops < context.hop:
            raise Refused(
                "hop_limit",
                f"These messages were passed on {context.hop - 1} times already.",
                "The owner may write instead: that begins anew.",
            )

    # --- what comes ----------------------------------------------------------------------------

    def unreadable(self, peer: Amid, error: AgentMeshError) -> None:
        """A frame in a session with this peer was good for nothing."""
        if isinstance(error, CryptoError) or error.code in BROKEN:
            now = self._clock.monotonic()
            recent = self._unreadable.of(peer)
            recent.add(now)
            count = recent.within(MINUTE, now)
            if 0 < self._limits.unreadable_frames < count:
                self._trips.trip("unreadable_frames", peer, count, MINUTE)

    def _received(self, run: Sequence[Notice]) -> None:
        now = self._clock.monotonic()
        for peer in {notice.peer or ALL_PEERS for notice in run}:
            self._turns.heard(peer, now)

    def _notice(self, notice: Notice) -> None:
        peer = notice.peer or ALL_PEERS
        match notice.kind:
            case "key_change" if peer:
                self._trips.trip("key_change", peer)
            case "peer_verified" if peer:
                self._trips.settle("key_change", peer)
            case "peer_floods" if peer:
                self._trips.trip("peer_floods", peer, int(notice.fields["messages"]), MINUTE)
            case "too_many_approvals" if peer:
                self._trips.trip("approvals", peer, int(notice.fields["count"]), HOUR)
            case "breaker_lifted":
                self._begin_anew(peer)
            case _:
                pass

    def _begin_anew(self, peer: Amid) -> None:
        if peer:
            self._turns.forget(peer)
            self._unreadable.forget(peer)
        else:
            self._repetitions.clear()
            self._sent.clear()
