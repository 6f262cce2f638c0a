"""Our own keys, ready to hand: the key ring of every step, and the private half of each prekey."""

from dataclasses import dataclass, replace

import msgspec

from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.pqxdh import Responder
from agentmesh.crypto.secret import Secret
from agentmesh.identity.prekey_making import key_pair
from agentmesh.protocol.frames import Handshake, SealedToPrekeys
from agentmesh.protocol.signed import Signed
from agentmesh.session.keyring import KeyRing
from agentmesh.storage.interface import PrekeyKind, Store


@dataclass
class KeyRack:
    """Where the node finds its keys. `ring` is replaced as a whole when a key rotates."""

    store: Store
    ring: KeyRing

    def current(self) -> KeyRing:
        """Return the key ring of this moment."""
        return self.ring

    def offer(self, words: tuple[str, ...]) -> None:
        """Say from now on that we have these capabilities."""
        self.ring = replace(self.ring, offers=words)

    def bear(self, chain: tuple[bytes, ...]) -> None:
        """Show this chain from now on to whom we knock at."""
        self.ring = replace(self.ring, certificates=chain)

    async def refresh(self) -> None:
        """Take up the newest exchange key."""
        newest = (await self.store.prekeys("exchange"))[-1]
        self.ring = replace(
            self.ring,
            exchange_key=msgspec.msgpack.decode(newest.public, type=Signed),
            exchange_private=Secret(newest.private),
        )

    async def openers(self, frame: SealedToPrekeys) -> tuple[Secret, Secret] | None:
        """Return what opens this seal; None if those prekeys are gone."""
        signed = await self.store.prekey("signed", frame.signed_prekey_id)
        kem = await self.store.prekey("kem", frame.kem_prekey_id)
        if signed is None or kem is None:
            return None
        return Secret(signed.private), Secret(kem.private)

    async def responder(self, handshake: Handshake) -> Responder | None:
        """Return the keys a KNOCK was made for; None if one of them is gone."""
        exchange = await self._pair("exchange", handshake.peer_exchange_key_id)
        signed = await self._pair("signed", handshake.signed_prekey_id)
        kem = await self._pair("kem", handshake.kem_prekey_id)
        one_time = None
        if handshake.one_time_prekey_id is not None:
            one_time = await self._pair("one_time", handshake.one_time_prekey_id)
            if one_time is None:
                return None
        if exchange is None or signed is None or kem is None:
            return None
        return Responder(
            identity=self.ring.identity.public_key,
            exchange_key=exchange,
            signed_prekey=signed,
            kem_prekey=kem,
            one_time=one_time,
            suites=self.ring.suites,
        )

    async def _pair(self, kind: PrekeyKind, prekey_id: int) -> KeyPair | None:
        row = await self.store.prekey(kind, prekey_id)
        if row is None:
            return None
        return key_pair(kind, row.id, row.public, Secret(row.private))
