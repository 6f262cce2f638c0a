"""How errands are run: looking a peer up, offering frames, saying that a session is lost."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from agentmesh.crypto.seal import seal_to_prekeys
from agentmesh.crypto.suites import choose
from agentmesh.errors import (
    AgentMeshError,
    CryptoError,
    Refused,
    RemoteProtocolError,
    StorageError,
    TransportError,
    UsageError,
)
from agentmesh.node.ahead import Answers
from agentmesh.node.consent.key_changes import KEY_CHANGED, REVOKED, KeyChanges
from agentmesh.node.conversations import Conversations
from agentmesh.node.errands import Again, Runner
from agentmesh.node.key_rack import KeyRack
from agentmesh.node.optimistic import Optimism
from agentmesh.node.slowed import Slowed
from agentmesh.node.turn import Turn
from agentmesh.protocol.frames import Letter, SessionLost, encode
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.limits import MAILBOX_SECONDS
from agentmesh.protocol.records import SuiteList
from agentmesh.protocol.relay_frames import MessageType, Send, Sent
from agentmesh.protocol.signed import Purpose, reread
from agentmesh.session.effects import EmitOnce
from agentmesh.session.events import AnyEvent, Resolved, Unresolvable
from agentmesh.storage.interface import Change, ErrandRow
from agentmesh.transport.interface import Transport

PATIENCE = 30.0
"""How long to wait for the peer's own word before offering again what the relay took."""
RATE_PAUSE = 5.0
RATE_LIMITED = "rate_limited"
BUSY_PAUSE = 5.0
"""Another relay gives its link up for this one after so long: who waits longer comes too late."""
NEWCOMER_SECONDS = 15.0
"""A peer that is not found may be just starting: for so long it is looked for again."""
SOON = 0.25
_PERHAPS_SOON = {"agent_not_found", "prekeys_not_found"}
_OF_US = {"unknown_signer", "timestamp_expired"}
_KNOWN = _PERHAPS_SOON | _OF_US | {"invalid_amid", "signature_invalid", "replayed"}
"""Refused because of us: not yet published, or a wrong clock. It says nothing of the peer."""


_TYPES: Mapping[str, MessageType] = {"knock": "knock", "accept": "accept", "message": "message"}


class Runners:
    """Carries saved effects out, and comes back with events."""

    def __init__(
        self,
        talks: Conversations,
        directory: Answers,
        transport: Transport,
        keys: KeyRack,
        key_changes: KeyChanges,
    ) -> None:
        self._talks = talks
        self._directory = directory
        self._transport = transport
        self._peers = key_changes.peers
        self._keys = keys
        self._key_changes = key_changes
        self._slowed = Slowed(keys.ring.clock)
        self._optimism: Optimism | None = None

    def knock_with(self, optimism: Optimism) -> None:
        """Say what may travel with a KNOCK, and to whom. Called once, before the start."""
        self._optimism = optimism

    def table(self) -> Mapping[str, Runner]:
        """Return who runs which kind of errand."""
        return {
            "resolve": self.resolve,
            "knock": self.offer,
            "accept": self.offer,
            "message": self.offer,
            "session_lost": self.say_lost,
        }

    async def resolve(self, errand: ErrandRow) -> Again | None:
        """Fetch the peer's keys, and choose a suite."""
        event: AnyEvent
        try:
            found, learnt = await self._find(errand.peer)
        except (Refused, CryptoError, RemoteProtocolError) as error:
            if await self._key_changes.suspect(errand.peer, error):
                event = Unresolvable(REVOKED if error.code == REVOKED else KEY_CHANGED)
            elif isinstance(error, RemoteProtocolError):
                raise
            elif error.code in _OF_US:
                return Again(reason=error.code)
            elif error.code in _PERHAPS_SOON and self._is_young(errand):
                return Again(patience=SOON, reason=error.code)
            else:
                event = Unresolvable(error.code)
        else:
            await self._knock(errand, found, learnt)
            return None
        with suppress(UsageError):  # it was resolved before, or is over
            await self._talks.handle(errand.peer, errand.session_id, event)
        return None

    async def _knock(self, errand: ErrandRow, found: Resolved, learnt: list[Change]) -> None:
        """Knock. What was learnt is kept with it, or alone if nobody waits for it any more."""
        peer, session_id = errand.peer, errand.session_id

        async def job(turn: Turn) -> None:
            turn.sheet.changes += learnt
            if self._optimism is None:
                turn.apply(session_id, found)
            else:
                await self._optimism.knock(turn, session_id, found)

        try:
            await self._talks.run(peer, job)
        except UsageError:  # it was resolved before, or is over
            await self._peers.save(peer, learnt)
        except StorageError:
            self._peers.doubt(peer)
            raise

    def _is_young(self, errand: ErrandRow) -> bool:
        return self._keys.ring.clock.now() < errand.created_at + NEWCOMER_SECONDS

    async def _find(self, peer: Amid) -> tuple[Resolved, list[Change]]:
        """Return the peer's keys, and what is to be kept of them."""
        lookup = self._directory.lookup(peer)
        try:
            found, bundle = await asyncio.gather(lookup, self._directory.bundle(peer))
        except Refused as error:
            if error.code in _KNOWN or error.code == REVOKED:  # which is proved
                raise
            raise Refused("registry_refused") from None  # an agent is told the code: no sentences
        theirs = bundle.suites
        ours = reread(self._keys.ring.suites, SuiteList)
        suite = choose(ours, theirs, await self._peers.known_suites(peer))
        learnt = await self._peers.learnt(found, theirs, suite)
        return Resolved(bundle, suite), learnt

    async def offer(self, errand: ErrandRow) -> Again | None:
        """Offer a frame to the peer's relay. Only the peer's own word ends this."""
        left = int(errand.expires_at - self._keys.ring.clock.now())
        if left <= 0:
            return None
        if await self._key_changes.has(errand.peer):
            return Again(patience=PATIENCE, reason=KEY_CHANGED)
        relay = await self._relay_of(errand.peer)
        if left_to_wait := self._slowed.left(relay, errand.kind):
            return Again(after=left_to_wait, reason=RATE_LIMITED)
        frame = Send(
            id=FrameId(errand.errand_id),
            to=errand.peer,
            message_type=_TYPES[errand.kind],
            encrypted_payload=errand.body,
            expires_in=min(left, MAILBOX_SECONDS),
        )
        try:
            again = _judge(await self._transport.send(frame, relay))
        except TransportError as error:
            after = BUSY_PAUSE if error.code == "relay_busy" else None
            return Again(after=after, reason=error.code, unreached=relay)
        finally:
            await self._peers.keep_news(errand.peer)
        if again.reason == RATE_LIMITED and again.after is not None:
            self._slowed.slow_down(relay, errand.kind, again.after)
        return again

    async def offer_once(self, peer: Amid, effect: EmitOnce) -> None:
        """Offer a frame that may get lost."""
        if await self._key_changes.has(peer):
            return
        frame = Send(
            id=self._keys.ring.frame_id(),
            to=peer,
            message_type=effect.message_type,
            encrypted_payload=effect.payload,
        )
        await self._transport.send(frame, await self._relay_of(peer))

    async def _relay_of(self, peer: Amid) -> str:
        try:
            return await self._peers.relay_of(peer)
        except RemoteProtocolError as error:
            if await self._key_changes.suspect(peer, error):
                raise TransportError(KEY_CHANGED) from None
            raise

    async def say_lost(self, errand: ErrandRow) -> Again | None:
        """Tell a peer that we cannot read a session any more: signed, and sealed to its prekeys."""
        ring = self._keys.ring
        if ring.clock.now() >= errand.expires_at:
            return None
        try:
            bundle = await self._directory.bundle(errand.peer, one_time=False)
        except TransportError:
            raise
        except AgentMeshError:
            return None
        document = SessionLost(
            session_id=errand.session_id,
            timestamp=ring.milliseconds(),
            nonce=ring.entropy(32),
            sender=ring.identity.amid,
            to=errand.peer,
        )
        letter = Letter("session_lost", ring.identity.sign(document, Purpose.SESSION_LOST))
        frame = seal_to_prekeys(letter, bundle.signed_prekey, bundle.kem_prekey, ring.entropy)
        await self.offer_once(errand.peer, EmitOnce("reject", encode(frame)))
        return None


def _judge(sent: Sent) -> Again:
    """Return when to offer a frame again, after what the relay said to it."""
    if sent.outcome != "refused":
        return Again(patience=PATIENCE)
    reason = (sent.code or "relay_refused").lower()
    if sent.code == "RATE_LIMITED":
        return Again(after=float(sent.retry_after_seconds or RATE_PAUSE), reason=reason)
    if sent.retry_after_seconds is not None:
        return Again(after=float(sent.retry_after_seconds), reason=reason)
    return Again(patience=PATIENCE, reason=reason)
