"""Two agents with keys and prekeys, and a session between them: where crypto tests begin."""

import hashlib
from dataclasses import dataclass
from itertools import count

from nacl.signing import SigningKey

from agentmesh.crypto import kem, suites, x25519
from agentmesh.crypto.bundle import VerifiedBundle, verify_bundle
from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.pqxdh import Greeting, Initiator, Responder, Root, initiate, respond
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.session_cipher import SessionCipher
from agentmesh.protocol.frames import Handshake
from agentmesh.protocol.ids import Amid, SessionId, amid_of
from agentmesh.protocol.records import (
    ExchangeKey,
    KemPrekey,
    OneTimePrekey,
    PrekeyBundle,
    SignedPrekey,
    SuiteList,
)
from agentmesh.protocol.signed import Purpose, Signed, sign
from agentmesh.protocol.world import Entropy

KNOCK = SessionId("01890000-0000-7000-8000-000000000001")
NOON = 1_700_000_000.0


def seeded(seed: str) -> Entropy:
    """Return entropy that is the same in every run and never repeats itself within one."""
    numbers = count()

    def draw(size: int) -> bytes:
        return hashlib.shake_256(f"{seed} {next(numbers)}".encode()).digest(size)

    return draw


@dataclass(frozen=True)
class Party:
    """An agent with one key of each kind."""

    signing: SigningKey
    exchange: KeyPair
    signed_prekey: KeyPair
    kem_prekey: KeyPair
    one_time: KeyPair | None
    suites: SuiteList

    @classmethod
    def make(cls, name: str, *, one_time: bool = True) -> "Party":
        entropy = seeded(name)
        signing = SigningKey(entropy(32))
        seed = kem.generate(entropy)
        return cls(
            signing,
            _pair(3, entropy),
            _pair(7, entropy),
            KeyPair(8, kem.public_key(seed), seed),
            _pair(9, entropy) if one_time else None,
            SuiteList(amid=amid_of(bytes(signing.verify_key)), suites=suites.offered(), sequence=5),
        )

    @property
    def identity(self) -> bytes:
        return bytes(self.signing.verify_key)

    @property
    def amid(self) -> Amid:
        return amid_of(self.identity)

    def bundle(self) -> PrekeyBundle:
        signed, kem_key = self.signed_prekey, self.kem_prekey
        return PrekeyBundle(
            identity=self.identity,
            exchange_key=self.signed_exchange_key(),
            signed_prekey=sign(
                SignedPrekey(amid=self.amid, id=signed.id, key=signed.public, created_at=2),
                Purpose.SIGNED_PREKEY,
                self.signing,
            ),
            kem_prekey=sign(
                KemPrekey(amid=self.amid, id=kem_key.id, key=kem_key.public, created_at=2),
                Purpose.KEM_PREKEY,
                self.signing,
            ),
            suites=self.signed_suites(),
            one_time=OneTimePrekey(self.one_time.id, self.one_time.public)
            if self.one_time
            else None,
        )

    def verified(self) -> VerifiedBundle:
        return verify_bundle(self.bundle(), self.amid)

    def signed_exchange_key(self) -> Signed:
        key = ExchangeKey(
            amid=self.amid, id=self.exchange.id, key=self.exchange.public, created_at=1
        )
        return sign(key, Purpose.EXCHANGE_KEY, self.signing)

    def signed_suites(self) -> Signed:
        return sign(self.suites, Purpose.SUITES, self.signing)

    def as_initiator(self) -> Initiator:
        return Initiator(
            identity=self.identity,
            exchange_key=self.signed_exchange_key(),
            exchange_private=self.exchange.private,
            suites=self.signed_suites(),
        )

    def as_responder(self) -> Responder:
        return Responder(
            identity=self.identity,
            exchange_key=self.exchange,
            signed_prekey=self.signed_prekey,
            kem_prekey=self.kem_prekey,
            one_time=self.one_time,
            suites=self.signed_suites(),
        )

    def greeting(self, handshake: Handshake) -> Greeting:
        return Greeting(
            knock_id=KNOCK,
            identity=self.identity,
            suites=self.signed_suites(),
            handshake=handshake,
        )


def _pair(number: int, entropy: Entropy) -> KeyPair:
    private = x25519.generate(entropy)
    return KeyPair(number, x25519.public_key(private), private)


def handshake(alice: Party, bob: Party) -> tuple[Root, Root]:
    """Return the root each side arrives at."""
    sent, ours = initiate(
        alice.as_initiator(), KNOCK, bob.verified(), suites.PQXDH_DR, seeded("handshake")
    )
    return ours, respond(bob.as_responder(), alice.greeting(sent))


def fixed_root() -> tuple[Root, Secret]:
    """Return a root that needs no handshake, and the responder's private ratchet key."""
    private = Secret(b"\x42" * 32)
    root = Root(
        secret=Secret(b"\x17" * 32), transcript=b"\x23" * 32, ratchet_key=x25519.public_key(private)
    )
    return root, private


def session(seed: str = "session") -> tuple[SessionCipher, SessionCipher]:
    """Return the initiator's and the responder's cipher at the very beginning."""
    root, private = fixed_root()
    return (
        SessionCipher.initiator(KNOCK, root, seeded(seed)),
        SessionCipher.responder(KNOCK, root, private),
    )
