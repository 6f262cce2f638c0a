"""Two who talk: key rings and bundles as a daemon would hold and publish them."""

from dataclasses import dataclass, replace

import msgspec

from agentmesh.crypto.bundle import VerifiedBundle, verify_bundle
from agentmesh.crypto.pqxdh import Responder
from agentmesh.crypto.secret import Secret
from agentmesh.identity.keys import Identity
from agentmesh.identity.prekey_making import Prekey, key_pair, make, sign_suites
from agentmesh.identity.prekeys import Kind, Name
from agentmesh.protocol.frames import Sender
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.records import OneTimePrekey, PrekeyBundle
from agentmesh.protocol.signed import Signed
from agentmesh.session.keyring import KeyRing
from tests.support.world import FakeClock, FakeEntropy

KINDS: tuple[Kind, ...] = ("exchange", "signed", "kem", "one_time")


def document_of(public: bytes) -> Signed:
    """Return the signed document that a kept prekey is."""
    return msgspec.msgpack.decode(public, type=Signed)


@dataclass(frozen=True)
class Party:
    """An agent's keys, and what a registry would hand out of them."""

    ring: KeyRing
    prekeys: dict[Kind, Prekey]

    @property
    def amid(self) -> Amid:
        return self.ring.identity.amid

    def bundle(self) -> PrekeyBundle:
        one_time = self.prekeys["one_time"]
        return PrekeyBundle(
            identity=self.ring.identity.public_key,
            exchange_key=document_of(self.prekeys["exchange"].public),
            signed_prekey=document_of(self.prekeys["signed"].public),
            kem_prekey=document_of(self.prekeys["kem"].public),
            suites=self.ring.suites,
            one_time=OneTimePrekey(one_time.id, one_time.public),
        )

    def verified(self) -> VerifiedBundle:
        """Return what whoever fetched the bundle has checked."""
        return verify_bundle(self.bundle(), self.amid)

    def responder(self) -> Responder:
        pairs = {
            kind: key_pair(kind, key.id, key.public, key.private)
            for kind, key in self.prekeys.items()
        }
        return Responder(
            identity=self.ring.identity.public_key,
            exchange_key=pairs["exchange"],
            signed_prekey=pairs["signed"],
            kem_prekey=pairs["kem"],
            one_time=pairs["one_time"],
            suites=self.ring.suites,
        )

    def openers(self) -> tuple[Secret, Secret]:
        """Return what opens a seal to the prekeys."""
        return self.prekeys["signed"].private, self.prekeys["kem"].private


def bearing(who: Party, *chain: bytes) -> Party:
    """Return somebody as one who shows a chain."""
    return replace(who, ring=replace(who.ring, certificates=chain))


def party(name: str, clock: FakeClock) -> Party:
    """Return an agent whose keys follow from its name."""
    entropy = FakeEntropy(name)
    identity = Identity.make(entropy)
    prekeys = {kind: make(Name(kind, 1), identity, clock.now(), entropy) for kind in KINDS}
    ring = KeyRing(
        identity=identity,
        exchange_key=document_of(prekeys["exchange"].public),
        exchange_private=prekeys["exchange"].private,
        suites=sign_suites(identity, 1),
        sender=Sender(amid=identity.amid, display_name=name),
        clock=clock,
        entropy=entropy,
    )
    return Party(ring, prekeys)
