"""Taking our own identity back, for good."""

from collections.abc import Awaitable, Callable

import msgspec

from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.transparency.own import own_record
from agentmesh.protocol.revocation import Revocation, RevocationReason
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.storage.interface import SetValue

DONE = "revoked/reason"
DOCUMENT = "revoked/document"


class TakingBack:
    """Signs the revocation and publishes it. `publish` returns once the registry proved it."""

    def __init__(self, hand: AtHand, publish: Callable[[Signed], Awaitable[None]]) -> None:
        self._hand = hand
        self._publish = publish

    async def revoke(self, reason: RevocationReason, note: str) -> None:
        """Take our identity back. It is in the registry's log when this returns."""
        ring = self._hand.keys.ring
        document = Revocation(
            amid=ring.identity.amid,
            reason=reason,
            issuer="key",
            timestamp=ring.milliseconds(),
            note=note,
        )
        signed = await self._kept(ring.identity.sign(document, Purpose.REVOCATION))
        await self._publish(signed)
        await self._hand.store.commit([SetValue(DONE, reason.encode())])
        self._hand.bulletin.publish(Notice(kind="keys_revoked", fields={"reason": reason}))

    async def _kept(self, signed: Signed) -> Signed:
        """Return the revocation that is published: the first one, if its answer was lost."""
        store, now = self._hand.store, self._hand.clock.now()
        kept = await store.value(DOCUMENT)
        if kept:
            return msgspec.msgpack.decode(kept, type=Signed)
        body = msgspec.msgpack.encode(signed)
        await store.commit([own_record(signed, now), SetValue(DOCUMENT, body)])
        return signed

    async def done(self) -> str:
        """Return why it was taken back; "" if it was not."""
        return (await self._hand.store.value(DONE) or b"").decode()
