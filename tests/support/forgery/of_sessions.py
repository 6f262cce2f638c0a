"""Certificates of sessions that are not this session's."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace
from nacl.signing import SigningKey

from agentmesh.protocol.certificates.contents import DAY, Contents
from agentmesh.protocol.certificates.form import read, write
from agentmesh.protocol.certificates.session import Bound, bound, mint
from agentmesh.protocol.frames import Handshake
from agentmesh.protocol.ids import Amid, SessionId, amid_of
from agentmesh.protocol.signed import Signed
from tests.support.forgery.spoiling import ALICE_KEY, BOB_KEY, MALLORY, MALLORY_KEY, spoilt
from tests.support.vouching import ALICE, NOW, fleet, serial

HANDSHAKE = Handshake(
    suite="pqxdh-dr.v1",
    exchange_key=Signed(b"exchange key", ALICE_KEY, b"s" * 64),
    ephemeral=b"e" * 32,
    peer_exchange_key_id=1,
    peer_suites_sequence=1,
    signed_prekey_id=1,
    kem_prekey_id=1,
    kem_ciphertext=b"k" * 1088,
)


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A handshake, and whose it is: `key` is the initiator's signing key."""

    session_id: SessionId
    key: bytes
    to: Amid
    handshake: Handshake

    @property
    def bound(self) -> Bound:
        return bound(self.session_id, self.handshake, amid_of(self.key), self.to)


BEGUN = Begun(
    session_id=SessionId("01890000-0000-7000-8000-000000000001"),
    key=ALICE_KEY,
    to=amid_of(BOB_KEY),
    handshake=HANDSHAKE,
)


def minted(begun: Begun = BEGUN, key: SigningKey = ALICE, now: float = NOW) -> bytes:
    this = begun.bound
    return mint(this, begun.key, serial("session"), now, lambda data: key.sign(data).signature)


def said(**changes: object) -> bytes:
    """Return a certificate that Alice signed and that says something else."""
    return write(changed(**changes), lambda data: ALICE.sign(data).signature)


def changed(**changes: object) -> Contents:
    return replace(read(minted()).contents, **changes)


def of_other(**changes: object) -> Callable[[], bytes]:
    """Return the certificate of another handshake of Alice's."""
    return lambda: minted(replace(BEGUN, **changes))


SESSIONS: dict[str, Callable[[], bytes]] = {
    "of another session": of_other(session_id=SessionId("01890000-0000-7000-8000-00000000ffff")),
    "of a session with somebody else": of_other(to=amid_of(MALLORY_KEY)),
    "of a handshake with another ephemeral key": of_other(
        handshake=replace(HANDSHAKE, ephemeral=b"f" * 32)
    ),
    "of a handshake with other prekeys": of_other(handshake=replace(HANDSHAKE, kem_prekey_id=2)),
    "of a handshake in another suite": of_other(handshake=replace(HANDSHAKE, suite="olm.v1")),
    "of a handshake with another KEM ciphertext": of_other(
        handshake=replace(HANDSHAKE, kem_ciphertext=b"c" * 1088)
    ),
    "with another key and the same binding": lambda: said(key=b"f" * 32),
    "with the same key and another binding": lambda: said(binding=b"b" * 32),
    "of somebody else's session": lambda: minted(replace(BEGUN, key=MALLORY_KEY), MALLORY),
    "signed by somebody else": lambda: minted(key=MALLORY),
    "in the name of somebody else": lambda: said(issuer=amid_of(MALLORY_KEY)),
    "the agent's own certificate": lambda: fleet()[0],
    "its organisation's certificate": lambda: fleet()[1],
    "with a byte behind": lambda: minted() + b"\0",
    "with another signature": lambda: spoilt(minted(), -1),
    "for two days": lambda: said(not_after=NOW + 2 * DAY),
    "of tomorrow": lambda: minted(now=NOW + DAY),
    "nothing": lambda: b"",
}
