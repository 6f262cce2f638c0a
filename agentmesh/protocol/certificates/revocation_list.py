"""Lists of certificates that were taken back (CRLs): one form, read by writing it again.

Each issuer signs its own, and numbers them: who has seen a number takes no lower one.
"""

from typing import Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agentmesh.errors import AgentMeshError, RemoteProtocolError
from agentmesh.protocol.certificates.contents import SERIAL_BITS, Issuer
from agentmesh.protocol.certificates.form import (
    UNREADABLE,
    Sign,
    SigningKey,
    invalid,
    is_signature,
    issuer_id_in,
    moment,
    name_in,
    named,
)
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.limits import (
    CERTIFICATE_MAX_AHEAD,
    MAX_REVOCATION_LIST,
    MAX_REVOKED,
    REVOCATION_LIST_SECONDS,
)

Reason = Literal[
    "key_compromise",
    "superseded",
    "cessation_of_operation",
    "privilege_withdrawn",
    "other",
]

_FLAGS: dict[Reason, x509.ReasonFlags] = {
    "key_compromise": x509.ReasonFlags.key_compromise,
    "superseded": x509.ReasonFlags.superseded,
    "cessation_of_operation": x509.ReasonFlags.cessation_of_operation,
    "privilege_withdrawn": x509.ReasonFlags.privilege_withdrawn,
}
_REASONS = {flag: reason for reason, flag in _FLAGS.items()}


class RevokedOne(msgspec.Struct, frozen=True, order=True):
    """A certificate that was taken back, when and why."""

    serial: int
    at: int
    reason: Reason = "other"


class RevocationList(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer has taken back, between two moments."""

    issuer: str
    issuer_id: bytes
    number: int
    this_update: int
    next_update: int
    revoked: tuple[RevokedOne, ...] = ()

    def holds(self, serial: int) -> bool:
        """Whether a certificate was taken back."""
        return any(one.serial == serial for one in self.revoked)


def write(said: RevocationList, sign: Sign) -> bytes:
    """Return the list that says this, signed."""
    return _built(said, sign).public_bytes(Encoding.DER)


def read(data: bytes, issuer: Issuer, now: float) -> RevocationList:
    """Return a list that its issuer signed and that holds now.

    Else raise `invalid_certificate`, or `revocation_list_stale`.
    """
    said = _read(data, issuer)
    length = said.next_update - said.this_update
    is_of_now = said.this_update <= now + CERTIFICATE_MAX_AHEAD
    if not 0 < length <= REVOCATION_LIST_SECONDS or not is_of_now:
        raise invalid()
    if now >= said.next_update:
        raise RemoteProtocolError("revocation_list_stale", "The list of revoked ones is too old.")
    return said


def _read(data: bytes, issuer: Issuer) -> RevocationList:
    try:
        if len(data) <= MAX_REVOCATION_LIST:
            parsed = x509.load_der_x509_crl(data)
            said, signature = _contents(parsed), parsed.signature
            again = _built(said, lambda _: signature)
            is_theirs = (said.issuer, said.issuer_id) == (issuer.name, key_id(issuer.key))
            is_exact = again.public_bytes(Encoding.DER) == data
            tbs = again.tbs_certlist_bytes
            if is_theirs and is_exact and is_signature(signature, tbs, issuer.key):
                return said
    except (*UNREADABLE, AgentMeshError):
        pass
    raise invalid()


def _built(said: RevocationList, sign: Sign) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(named(said.issuer))
        .last_update(moment(said.this_update))
        .next_update(moment(said.next_update))
        .add_extension(x509.AuthorityKeyIdentifier(said.issuer_id, None, None), critical=False)
        .add_extension(x509.CRLNumber(said.number), critical=False)
    )
    for one in said.revoked:
        builder = builder.add_revoked_certificate(_entry(one))
    return builder.sign(SigningKey(sign), None)


def _entry(one: RevokedOne) -> x509.RevokedCertificate:
    entry = x509.RevokedCertificateBuilder(one.serial, moment(one.at))
    flag = _FLAGS.get(one.reason)
    if flag is not None:
        entry = entry.add_extension(x509.CRLReason(flag), critical=False)
    return entry.build()


def _contents(parsed: x509.CertificateRevocationList) -> RevocationList:
    if len(parsed) > MAX_REVOKED or parsed.next_update_utc is None:
        raise invalid()
    revoked = tuple(_one(entry) for entry in parsed)
    serials = [one.serial for one in revoked]
    # One order, and nobody twice: else one list would have many spellings.
    if serials != sorted(set(serials)):
        raise invalid()
    return RevocationList(
        issuer=name_in(parsed.issuer),
        issuer_id=issuer_id_in(parsed.extensions),
        number=parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number,
        this_update=int(parsed.last_update_utc.timestamp()),
        next_update=int(parsed.next_update_utc.timestamp()),
        revoked=revoked,
    )


def _one(entry: x509.RevokedCertificate) -> RevokedOne:
    reason: Reason = "other"
    if len(entry.extensions):
        flag = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        reason = _REASONS[flag]
    if entry.serial_number.bit_length() > SERIAL_BITS:
        raise invalid()
    return RevokedOne(entry.serial_number, int(entry.revocation_date_utc.timestamp()), reason)
