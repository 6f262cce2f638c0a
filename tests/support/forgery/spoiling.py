"""How chains are spoilt: what forgers, careless authorities and thieves may come up with."""

from collections.abc import Callable, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agentmesh.protocol.certificates.contents import Contents
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.ids import amid_of, did_of
from tests.support.forgery.draft import Draft, bent
from tests.support.vouching import (
    ACME,
    ALICE,
    BOB,
    RIVAL,
    ROOT,
    authority,
    fleet,
    key_of,
    of_acme,
    of_alice,
    of_bob,
)

Chain = Sequence[bytes]
OTHER = authority("another authority")
MALLORY = key_of("mallory")
ALICE_KEY, BOB_KEY, MALLORY_KEY = (bytes(key.verify_key) for key in (ALICE, BOB, MALLORY))
ED25519_AND_SIGNATURE = bytes.fromhex("300506032b6570034100")
"""What stands between what is signed and the signature."""
ED25519 = bytes.fromhex("300506032b6570")
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
L = 2**252 + 27742317777372353535851937790883648493  # the order of Ed25519's group


def by_acme(**changes: object) -> Chain:
    return [write(of_alice(**changes), ACME.sign), fleet()[1]]


def acme_is(**changes: object) -> Chain:
    return [fleet()[0], write(of_acme(**changes), ROOT.sign)]


def alice_bent(*changes: Callable[[Draft], None], **said: object) -> Chain:
    return [bent(of_alice(**said), ACME.sign, *changes), fleet()[1]]


def acme_bent(*changes: Callable[[Draft], None], **said: object) -> Chain:
    return [fleet()[0], bent(of_acme(**said), ROOT.sign, *changes)]


def names(*dns: str, did: str = did_of(amid_of(ALICE_KEY))) -> Callable[[Draft], None]:
    """Return what gives an agent other names."""
    found = [*map(x509.DNSName, dns), x509.UniformResourceIdentifier(did)]
    return lambda draft: draft.replace(x509.SubjectAlternativeName(found), critical=False)


def domains(*permitted: str, but: Sequence[str] = ()) -> Callable[[Draft], None]:
    """Return what constrains an organisation to other names."""
    constraints = x509.NameConstraints(
        [x509.DNSName(it) for it in permitted] or None, [x509.DNSName(it) for it in but] or None
    )
    return lambda draft: draft.replace(constraints, critical=True)


def basic(*, ca: bool, path_length: int | None, critical: bool = True) -> Callable[[Draft], None]:
    constraints = x509.BasicConstraints(ca, path_length)
    return lambda draft: draft.replace(constraints, critical=critical)


def usage(*, critical: bool = True, **also: bool) -> Callable[[Draft], None]:
    """Return what changes for what a key may be used."""

    def change(draft: Draft) -> None:
        (was,) = [one for one, _ in draft.extensions if isinstance(one, x509.KeyUsage)]
        plain = {
            name: getattr(was, name)
            for name in ("digital_signature", "content_commitment", "key_encipherment")
        }
        more = {"data_encipherment": False, "key_agreement": was.key_agreement}
        rest = {"key_cert_sign": was.key_cert_sign, "crl_sign": was.crl_sign}
        last = {"encipher_only": False, "decipher_only": False}
        draft.replace(x509.KeyUsage(**{**plain, **more, **rest, **last, **also}), critical=critical)

    return change


def extra(value: x509.ExtensionType, *, critical: bool) -> Callable[[Draft], None]:
    return lambda draft: draft.add(value, critical=critical)


def without(kind: type[x509.ExtensionType]) -> Callable[[Draft], None]:
    return lambda draft: draft.drop(kind)


def spoilt(data: bytes, at: int, by: int = 1) -> bytes:
    """Return the bytes with one of them changed."""
    changed = bytearray(data)
    changed[at] ^= by
    return bytes(changed)


def malleable(data: bytes) -> bytes:
    """Return a certificate whose signature was made another number, but not another signature."""
    s = int.from_bytes(data[-32:], "little") + L
    return data[:-32] + s.to_bytes(32, "little")


def longer_length(data: bytes) -> bytes:
    """Return the same with a length spelt as BER allows and DER does not."""
    assert data[1] == 0x82
    return b"\x30\x83\x00" + data[2:]


def indefinite(data: bytes) -> bytes:
    return b"\x30\x80" + data[4:] + b"\0\0"


def signed_otherwise(*, ecdsa: bool) -> Chain:
    """Return a chain whose agent was signed with RSA or ECDSA."""
    key = ec.generate_private_key(ec.SECP256R1()) if ecdsa else _rsa()
    draft = Draft(of_alice())
    return [draft.built().sign(key, hashes.SHA256()).public_bytes(Encoding.DER), fleet()[1]]


def rsa_agent() -> Chain:
    """Return a chain whose agent has an RSA key."""
    draft = Draft(of_alice())
    draft.key = _rsa().public_key()
    return [draft.signed(ACME.sign), fleet()[1]]


def named_algorithm(oid: str) -> Chain:
    """Return a chain whose agent says to be signed by another algorithm."""
    return [fleet()[0].replace(ED25519, bytes.fromhex(oid)), fleet()[1]]


def sub_organization() -> Chain:
    """Return an agent of an organisation that another organisation made."""
    made = {"name": RIVAL.name, "key": RIVAL.public, "issuer": ACME.name}
    sub = of_acme(**made, issuer_id=key_id(ACME.public))
    agent = of_alice(issuer=RIVAL.name, issuer_id=key_id(RIVAL.public), domain=RIVAL.name)
    return [write(agent, RIVAL.sign), write(sub, ACME.sign)]


def made_by_alice() -> Chain:
    """Return an agent that another agent made, and that one's chain."""
    alice = {"issuer": of_alice().name, "issuer_id": key_id(ALICE_KEY), "domain": ACME.name}
    return [write(of_bob(**alice), lambda data: ALICE.sign(data).signature), *fleet()]


def of_mallory() -> Contents:
    """Return what Mallory would like to be said of her."""
    return of_alice(key=MALLORY_KEY, name=amid_of(MALLORY_KEY))


def by_mallory(data: bytes) -> bytes:
    """Return her signature."""
    return MALLORY.sign(data).signature


def by_acme_edited(old: bytes, new: bytes) -> Chain:
    """Return a chain whose agent was edited as bytes, and then signed."""
    agent, above = fleet()
    start = agent.index(old)
    edited = agent[:start] + new + agent[start + len(old) :]
    tbs = edited[4 : -len(ED25519_AND_SIGNATURE) - 64]
    return [edited[:-64] + ACME.sign(tbs), above]


def serial_bytes() -> bytes:
    """Return how the number of Alice's certificate is written."""
    return of_alice().serial.to_bytes(20, "big")


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
