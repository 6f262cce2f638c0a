"""Who gets in: facts are gathered, policy decides or the owner does, the session hears of it."""

from contextlib import suppress

from msgspec.structs import asdict, replace

from agentmesh.crypto.bundle import read_own
from agentmesh.crypto.suites import check_asked
from agentmesh.discovery.trust import Vouching
from agentmesh.errors import (
    CryptoError,
    Refused,
    RemoteProtocolError,
    TransportError,
    UsageError,
)
from agentmesh.messages import capabilities
from agentmesh.node.at_hand import AtHand
from agentmesh.node.certificates.acceptance import Acceptance
from agentmesh.node.certificates.showings import showing
from agentmesh.node.conversations import Conversations
from agentmesh.node.errands import Again
from agentmesh.node.frequency import Frequency
from agentmesh.node.guard.past_knocks import PastKnocks
from agentmesh.node.notices import Notice
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.node.standing import Shown, Standing, must_wait
from agentmesh.node.turn import Turn
from agentmesh.policy.facts import KnockFacts
from agentmesh.policy.pipeline import KNOWN_HERE, STANDING, decide
from agentmesh.policy.verdict import Verdict
from agentmesh.protocol.certificates.session import bound
from agentmesh.protocol.frames import Constraints, Intent, Knock
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import MAX_NOTE_LETTERS
from agentmesh.protocol.records import SuiteList
from agentmesh.protocol.signed import Purpose, reread
from agentmesh.session.events import Allowed, Denied
from agentmesh.session.first_contact import STALE_PREKEY
from agentmesh.session.states import Knocked, Terms
from agentmesh.storage.interface import ErrandRow, KnockRow

NOT_SUPPORTED = "capability_not_supported"
MINUTE, HOUR = 60.0, 3600.0
MAX_ASKED_AN_HOUR = 3
"""So often an hour a stranger may come before the owner; more is met with silence."""


class Gatekeeper:
    """Decides about KNOCKs. Nothing of what it decides on is the sender's own word."""

    def __init__(
        self, hand: AtHand, talks: Conversations, peers: Peers, standing: Standing
    ) -> None:
        self._hand = hand
        self._store = hand.store
        self._talks = talks
        self._peers = peers
        self._standing = standing
        self.past = PastKnocks(hand)
        self.acceptance = Acceptance(talks, standing)
        self._knocks = Frequency(hand.clock)
        hand.bulletin.listen(self._knocks.notice, {"knock_received"})

    async def decide(self, errand: ErrandRow) -> Again | None:
        """Run an `ask_policy` errand."""
        talk = await self._talks.look(errand.peer, errand.session_id)
        if talk is None or not isinstance(talk.state, Knocked):
            return None
        knock = reread(talk.state.knock, Knock)
        facts, vouching = await self._facts(errand.peer, knock)
        verdict = decide(facts)
        if verdict.decision != "refuse" and vouching.fact == "valid":
            kept = showing(errand.session_id, vouching, self._hand.clock.now())
            await self._store.commit([kept])
        await self._carry_out(verdict, errand, knock)
        await self.past.remember(errand.session_id, facts, verdict)
        return None

    async def _carry_out(self, verdict: Verdict, errand: ErrandRow, knock: Knock) -> None:
        if verdict.decision == "allow":
            await self._let_in_or_not(errand.peer, knock)
            return
        if verdict.decision == "refuse" or verdict.is_answered:
            await self._turn_away(errand.peer, errand.session_id, verdict)
        if verdict.decision == "refuse":
            return
        if self._knocks.within(errand.peer, HOUR) > MAX_ASKED_AN_HOUR:
            denied = Denied("rate_limited", silent=True)
            await self._talks.handle(errand.peer, errand.session_id, denied)
            return
        self._hand.bulletin.publish(
            Notice(kind="knock_pending", peer=errand.peer, session_id=errand.session_id)
        )

    async def still_welcome(self, peer: Amid, terms: Terms) -> bool:
        """Whether the policy, as it is now, would have a peer with whom we talk already."""
        if terms.ours:
            return peer not in self._hand.policy().blocklist
        facts = await self._facts_now(peer, terms)
        order = STANDING if facts.record == "found" else KNOWN_HERE
        return decide(facts, order).decision != "refuse"

    # --- the owner -----------------------------------------------------------------------------

    async def approve(self, knock_id: SessionId, *, as_contact: bool = True) -> KnockRow:
        """Let a waiting peer in, for this session or as a contact."""
        row = await self._pending(knock_id)
        talk = await self._talks.look(row.peer, knock_id)
        if talk is None or not isinstance(talk.state, Knocked):
            raise UsageError("knock_over", "This KNOCK is not waiting any more.")
        knock = reread(talk.state.knock, Knock)
        await self._suites_of(row.peer, knock)
        contact = await self._peers.row(row.peer)
        if as_contact and (contact is None or contact.trust < CONTACT):
            await self._peers.trust(
                row.peer, CONTACT, signing_key=talk.state.knock.signer, name=row.name
            )
        await self._let_in(row.peer, knock)
        return await self._row(knock_id)

    async def deny(self, knock_id: SessionId, reason: str = "dismissed") -> KnockRow:
        """Dismiss a KNOCK; its sender sees silence."""
        row = await self._pending(knock_id)
        await self._talks.handle(row.peer, knock_id, Denied(reason, silent=True))
        return await self._row(knock_id)

    async def _pending(self, knock_id: SessionId) -> KnockRow:
        row = await self._row(knock_id)
        if row.verdict != "pending":
            raise UsageError(
                "knock_decided", f"This KNOCK was {row.verdict} already.", "agentmesh knocks list"
            )
        return row

    async def _row(self, knock_id: SessionId) -> KnockRow:
        row = await self._store.knock(knock_id)
        if row is None:
            raise UsageError("unknown_knock", "There is no such KNOCK.", "agentmesh knocks list")
        return row

    # --- deciding ------------------------------------------------------------------------------

    async def _facts(self, peer: Amid, knock: Knock) -> tuple[KnockFacts, Vouching]:
        facts, vouching = await self._gathered(peer, knock.intent, _shown(knock))
        if must_wait(facts):
            raise TransportError(
                "registry_unreachable", "Whoever knocks waits until it can be looked up."
            )
        if await self._we_asked(peer, knock):
            facts = replace(facts, trust=max(facts.trust, CONTACT))
        return facts, vouching

    async def facts(self, peer: Amid, intent: Intent) -> KnockFacts:
        """Return what there is to know about a peer that would want to talk about this."""
        return (await self._gathered(peer, intent, None))[0]

    async def _gathered(
        self, peer: Amid, intent: Intent, shown: Shown | None
    ) -> tuple[KnockFacts, Vouching]:
        """Return the facts, and who vouches: by what a KNOCK shows, or by what it would show."""
        policy = self._hand.policy()
        contact = await self._peers.row(peer)
        found, record = await self._standing.of(peer)
        vouching = await self._standing.vouching(peer, found, shown)
        succession = await self._standing.succession(peer)
        is_contact = contact is not None and contact.trust >= CONTACT
        facts = KnockFacts(
            peer=peer,
            intent=intent,
            is_blocked=peer in policy.blocklist or (succession == "declined" and not is_contact),
            is_successor=succession == "undecided",
            is_paused=self._is_paused(peer),
            presence=self._hand.switches.presence,
            certificate=vouching.fact,
            record=record,
            tier=vouching.tier,
            organization=vouching.organization,
            reputation=found.reputation if found else None,
            trust=contact.trust if contact else 0,
            knocks_last_minute=max(1, self._knocks.within(peer, MINUTE)),
            open_sessions=await self._store.open_sessions(self._hand.clock.now()),
            policy=policy,
        )
        return facts, vouching

    async def vouching(self, peer: Amid) -> Vouching:
        """Return who vouches for a peer, as far as we can check it."""
        found, _ = await self._standing.of(peer)
        return await self._standing.vouching(peer, found, None)

    def _is_paused(self, peer: Amid) -> bool:
        switches = self._hand.switches
        return switches.paused or switches.stopped or peer in switches.paused_peers

    async def _facts_now(self, peer: Amid, terms: Terms) -> KnockFacts:
        """Return the facts about a peer with whom we talk already."""
        policy = self._hand.policy()
        contact = await self._peers.row(peer)
        found, record = await self._standing.of(peer)
        vouching = await self._standing.vouching(peer, found, None)
        return KnockFacts(
            peer=peer,
            intent=terms.intent,
            is_blocked=peer in policy.blocklist,
            certificate=vouching.fact,
            record=record,
            tier=vouching.tier,
            organization=vouching.organization,
            reputation=found.reputation if found else None,
            trust=contact.trust if contact else 0,
            policy=policy,
        )

    async def _we_asked(self, peer: Amid, knock: Knock) -> bool:
        """Whether our own agent is knocking there for the same: both want to talk."""

        async def job(turn: Turn) -> bool:
            talk = turn.talks.get(knock.id)
            if talk is None:
                return False
            rivals = turn.rivals(talk.state.terms)
            return any(turn.talks[rival].state.terms.ours for rival in rivals)

        return bool(await self._talks.run(peer, job))

    async def _let_in_or_not(self, peer: Amid, knock: Knock) -> None:
        try:
            await self._let_in(peer, knock)
        except Refused as error:
            said = "The owner of this agent did not allow that suite."
            no = Verdict(decision="refuse", reason=error.code, human_readable=said)
            await self._turn_away(peer, knock.id, no)
        except CryptoError as error:
            await self._talks.handle(peer, knock.id, Denied(error.code, silent=True))

    async def _suites_of(self, peer: Amid, knock: Knock) -> SuiteList:
        """Return the list a KNOCK brought; refuse a suite that we would not have chosen by it."""
        if knock.suites.amid != peer:
            raise CryptoError("bundle_invalid")
        theirs = read_own(knock.suites, SuiteList, Purpose.SUITES, knock.suites.signer)
        ours = self._our_suites()
        check_asked(knock.handshake.suite, ours, theirs, await self._peers.known_suites(peer))
        return theirs

    def _our_suites(self) -> SuiteList:
        return reread(self._hand.keys.ring.suites, SuiteList)

    async def _let_in(self, peer: Amid, knock: Knock) -> None:
        missing = capabilities.missing(knock.offered_capabilities, self._hand.keys.ring.offers)
        if missing:
            # Said only to those whom we would let in: what we can do is nobody else's business.
            why = f"This agent has not: {', '.join(missing)}"[:MAX_NOTE_LETTERS]
            await self._talks.handle(peer, knock.id, Denied(NOT_SUPPORTED, why))
            return
        prekeys = await self._hand.keys.responder(knock.handshake)
        if prekeys is None or knock.handshake.peer_suites_sequence != self._our_suites().sequence:
            # It was made for keys that are gone; with fresh ones its words are let in at once.
            await self._talks.handle(peer, knock.id, Denied(STALE_PREKEY))
            return
        theirs = await self._suites_of(peer, knock)
        await self._peers.was_let_in(peer, theirs, knock.handshake.suite)
        allowed = Allowed(prekeys, self._limits())
        with suppress(UsageError):  # it was decided meanwhile
            try:
                await self._talks.handle(peer, knock.id, allowed)
            except RemoteProtocolError:  # for its first message there is no room, or no grant
                await self._talks.handle(peer, knock.id, replace(allowed, hears_first=False))

    def _limits(self) -> Constraints:
        return Constraints(**asdict(self._hand.policy().session_limits))

    async def _turn_away(self, peer: Amid, knock_id: SessionId, verdict: Verdict) -> None:
        denied = Denied(
            verdict.reason,
            verdict.human_readable,
            verdict.retry_after_seconds,
            silent=not verdict.is_answered,
        )
        await self._talks.handle(peer, knock_id, denied)


def _shown(knock: Knock) -> Shown:
    this = bound(knock.id, knock.handshake, knock.sender.amid, knock.to)
    return Shown(chain=knock.certificate_chain, bound=this, at=knock.timestamp / 1000)
