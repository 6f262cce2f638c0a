"""What an ACCEPT may show that is not for the KNOCK it answers: Alice answers, Bob had knocked."""

from collections.abc import Callable
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from msgspec.structs import replace as changed
from nacl.signing import SigningKey

from agentmesh.protocol.certificates.contents import DAY, Contents
from agentmesh.protocol.certificates.form import read, write
from agentmesh.protocol.certificates.session import mint
from agentmesh.protocol.frames import Knock
from agentmesh.protocol.ids import SessionId, amid_of
from agentmesh.protocol.signed import Purpose
from agentmesh.protocol.signed import read as read_signed
from agentmesh.session.events import Allowed
from agentmesh.session.states import Answered
from tests.support.dialogue import Dialogue, answer_to, knocking
from tests.support.forgery.draft import Draft, bent
from tests.support.forgery.spoiling import MALLORY, MALLORY_KEY, UNKNOWN, spoilt
from tests.support.parties import bearing, party
from tests.support.vouching import ALICE, NOW, ROOT, alone, fleet, of_root, serial
from tests.support.world import FakeClock

CLOCK = FakeClock()
Chain = tuple[bytes, ...]


ANSWERER, ASKER = bearing(party("alice", CLOCK), *fleet()), bearing(party("bob", CLOCK), *alone())


@cache
def conversation() -> tuple[Dialogue, Chain]:
    """Return Bob, to whose KNOCK Alice said yes; and what his KNOCK showed."""
    bob, knocked = knocking(ASKER, ANSWERER)
    knock = read_signed(knocked.knock, Knock, Purpose.KNOCK)
    bob.say(answer_to(bob, Dialogue(ANSWERER, knocked).say(Allowed(ANSWERER.responder()))))
    return bob, knock.certificate_chain


def answered() -> Answered:
    """Return Bob's state."""
    state = conversation()[0].state
    assert isinstance(state, Answered)
    return state


def showing(*chain: bytes) -> Answered:
    """Return the same, with another chain in the ACCEPT."""
    state = answered()
    return changed(state, accept=changed(state.accept, certificate_chain=chain))


def minted(key: SigningKey = ALICE, at: float = NOW, **changes: object) -> bytes:
    """Return a certificate for this session or another one."""
    this = changed(answered().bond.of_peer(answered().terms.session_id), **changes)
    by = bytes(key.verify_key)
    return mint(this, by, serial("session"), at, lambda data: key.sign(data).signature)


def said(**changes: object) -> Chain:
    """Return a certificate that Alice signed and that says something else; her chain behind it."""
    contents: Contents = changed(read(minted()).contents, **changes)
    return (write(contents, lambda data: ALICE.sign(data).signature), *fleet())


def swollen() -> bytes:
    """Return a certificate with an extension that nobody asked for, of 700 bytes."""
    contents = read(minted()).contents

    def swell(draft: Draft) -> None:
        draft.key = X25519PublicKey.from_public_bytes(contents.key)
        draft.add(x509.UnrecognizedExtension(UNKNOWN.oid, bytes(700)), critical=False)

    return bent(contents, lambda data: ALICE.sign(data).signature, swell)


def of_another_knock() -> Chain:
    """Return what Alice showed Bob in another session."""
    bob, knocked = knocking(ASKER, ANSWERER)
    bob.say(answer_to(bob, Dialogue(ANSWERER, knocked).say(Allowed(ANSWERER.responder()))))
    assert isinstance(bob.state, Answered)
    return bob.state.accept.certificate_chain


def other(**changes: object) -> Callable[[], Chain]:
    return lambda: (minted(**changes), *fleet())


ANSWERS: dict[str, Callable[[], Chain]] = {
    "of another session of the two": of_another_knock,
    "what the KNOCK showed": lambda: conversation()[1],
    "the KNOCK's certificate and the answerer's chain": lambda: (conversation()[1][0], *fleet()),
    "bound as the KNOCK's is": lambda: (minted(binding=answered().asked.bond.ours), *fleet()),  # type: ignore[union-attr]
    "under another session's id": other(
        session_id=SessionId("01890000-0000-7000-8000-0000000000ff")
    ),
    "with another ephemeral key": other(ephemeral=b"f" * 32),
    "with another binding": other(binding=b"b" * 32),
    "signed by somebody else": lambda: (minted(key=MALLORY), *fleet()),
    "signed by the authority": lambda: (minted(key=ROOT.key), *fleet()),
    "in the name of somebody else": lambda: said(issuer=amid_of(MALLORY_KEY)),
    "for two days": lambda: said(not_after=NOW + 2 * DAY),
    "that begins in the future": lambda: (minted(at=NOW + DAY), *fleet()),
    "with a byte behind": lambda: (minted() + b"\0", *fleet()),
    "with another signature": lambda: (spoilt(minted(), -1), *fleet()),
    "with a huge extension": lambda: (swollen(), *fleet()),
    "of a megabyte": lambda: (bytes(2**20), *fleet()),
    "an agent's certificate of a megabyte": lambda: (minted(), bytes(2**20), fleet()[1]),
    "nothing in it": lambda: (b"", *fleet()),
    "a session's certificate alone": lambda: (minted(),),
    "the chain alone": lambda: tuple(fleet()),
    "the chain the other way round": lambda: (minted(), *reversed(fleet())),
    "the session's certificate last": lambda: (*fleet(), minted()),
    "the session's certificate twice": lambda: (minted(), minted(), *fleet()),
    "an agent below itself": lambda: (minted(), fleet()[0], fleet()[0]),
    "an organisation below itself": lambda: (minted(), fleet()[1], fleet()[1]),
    "with the authority behind": lambda: (minted(), *fleet(), write(of_root(), ROOT.sign)),
    "somebody else's chain": lambda: (minted(), *alone()),
    "all of it somebody else's": lambda: (minted(key=SigningKey(bytes(32))), *alone()),
}
"""None of these holds; each is `invalid_certificate`."""
