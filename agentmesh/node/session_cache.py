"""When the cache of sessions is dropped: on new exchange keys, keys in doubt, another policy.

A session that is open runs on. But nobody goes on with one at rest, and our own next conversation
knocks again. Looked at from time to time, and after a restart: what changed meanwhile counts too.
"""

import hashlib
import math

import msgspec

from agentmesh.node.at_hand import AtHand
from agentmesh.node.consent import key_changes
from agentmesh.node.conversations import Conversations
from agentmesh.node.gatekeeper import Gatekeeper
from agentmesh.node.notices import Notice
from agentmesh.node.peers import exchange_name
from agentmesh.policy.document import Policy
from agentmesh.session.events import Close, Uncached
from agentmesh.session.parting import POLICY_VIOLATION
from agentmesh.storage.interface import SessionRow, SetValue

ADMISSION, EXCHANGE = "sessions/admission", "sessions/exchange"
CACHED = {"open", "resting"}


class SessionCache:
    """Forgets what let us, or a peer, talk without a KNOCK."""

    def __init__(self, hand: AtHand, talks: Conversations, gatekeeper: Gatekeeper) -> None:
        self._hand = hand
        self._talks = talks
        self._gatekeeper = gatekeeper
        self._policy_since = math.inf
        hand.bulletin.listen(self._hear, {"policy_changed"})

    def _hear(self, _: Notice) -> None:
        self._policy_since = self._hand.clock.now()

    async def review(self) -> None:
        """Drop what holds no more; end sessions with peers that the policy refuses now."""
        rows = [row for row in await self._hand.store.sessions() if row.phase in CACHED]
        doubted = {card.name for card in await self._hand.store.cards(key_changes.DRAWER)}
        await self._uncache([row for row in rows if row.peer in doubted])
        for peer in {row.peer for row in rows}:
            theirs = await self._hand.store.value(exchange_name(peer))
            if theirs is not None and await self._is_another(f"{EXCHANGE}/{peer}", theirs):
                await self._uncache([row for row in rows if row.peer == peer])
                await self._keep(f"{EXCHANGE}/{peer}", theirs)
        exchange = hashlib.sha256(self._hand.keys.ring.exchange_key.payload).digest()
        if await self._is_another(EXCHANGE, exchange):
            await self._uncache(rows)
            await self._keep(EXCHANGE, exchange)
        admission = _fingerprint(self._hand.policy())
        if await self._is_another(ADMISSION, admission):
            # Who knocked since was judged by this policy. After a restart nobody knows since when.
            for row in (row for row in rows if row.opened_at < self._policy_since):
                await self._judge(row)
            await self._keep(ADMISSION, admission)

    async def _judge(self, row: SessionRow) -> None:
        talk = await self._talks.look(row.peer, row.session_id)
        if talk is None:
            return
        if await self._gatekeeper.still_welcome(row.peer, talk.state.terms):
            await self._uncache([row])
        else:
            await self._talks.handle(row.peer, row.session_id, Close(POLICY_VIOLATION))

    async def _uncache(self, rows: list[SessionRow]) -> None:
        for row in rows:
            await self._talks.handle(row.peer, row.session_id, Uncached())

    async def _is_another(self, name: str, value: bytes) -> bool:
        """Whether this was another one when we looked last; what was never looked at is not."""
        kept = await self._hand.store.value(name)
        if kept is None:
            await self._keep(name, value)
        return kept is not None and kept != value

    async def _keep(self, name: str, value: bytes) -> None:
        await self._hand.store.commit([SetValue(name, value)])


def _fingerprint(policy: Policy) -> bytes:
    """Return what tells whether a policy lets in others than before."""
    fields = (
        policy.consent,
        sorted(policy.accept_tiers),
        policy.min_reputation,
        sorted(policy.accepted_intents),
        sorted(policy.rejected_intents),
        sorted(policy.blocklist),
        sorted(policy.allowlist),
        policy.strict_mode,
        policy.session_limits,
    )
    return hashlib.sha256(msgspec.msgpack.encode(fields)).digest()
