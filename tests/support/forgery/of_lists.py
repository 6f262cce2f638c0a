"""Lists of revoked ones that are not to be believed."""

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agentmesh.protocol.certificates.form import SigningKey, moment, named
from agentmesh.protocol.certificates.names import key_id
from tests.support.forgery.spoiling import OTHER, UNKNOWN, spoilt
from tests.support.vouching import ACME, NOW, RIVAL, ROOT, serial

DAY = 86_400
ONE, TWO = sorted((serial("one"), serial("two")))
Change = Callable[[x509.CertificateRevocationListBuilder], x509.CertificateRevocationListBuilder]


def good() -> bytes:
    return ACME.revokes(ONE, TWO)


def made(*serials: int, change: Change = lambda it: it, number: int | None = 1) -> bytes:
    """Return a list that was made by hand, and signed by Acme."""
    key = x509.AuthorityKeyIdentifier(key_id(ACME.public), None, None)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(named(ACME.name))
        .last_update(moment(NOW - 60))
        .next_update(moment(NOW + 3600))
        .add_extension(key, critical=False)
    )
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for one in serials:
        entry = x509.RevokedCertificateBuilder(one, moment(NOW - 60))
        builder = builder.add_revoked_certificate(entry.build())
    return change(builder).sign(SigningKey(ACME.sign), None).public_bytes(Encoding.DER)


def delta(builder: x509.CertificateRevocationListBuilder) -> x509.CertificateRevocationListBuilder:
    return builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)


def unknown(
    builder: x509.CertificateRevocationListBuilder,
) -> x509.CertificateRevocationListBuilder:
    return builder.add_extension(UNKNOWN, critical=True)


def partial(
    builder: x509.CertificateRevocationListBuilder,
) -> x509.CertificateRevocationListBuilder:
    only = {"only_contains_user_certs": True, "only_contains_ca_certs": False}
    no = {"only_contains_attribute_certs": False, "indirect_crl": False}
    rest = {"full_name": None, "relative_name": None, "only_some_reasons": None}
    return builder.add_extension(x509.IssuingDistributionPoint(**rest, **only, **no), critical=True)


LISTS: dict[str, Callable[[], bytes]] = {
    "a list of another issuer": RIVAL.revokes,
    "a list of the authority for an organisation": ROOT.revokes,
    "a list in the organisation's name": lambda: RIVAL.revokes(issuer=ACME.name),
    "a list in the organisation's name and with its key's id": lambda: RIVAL.revokes(
        issuer=ACME.name, issuer_id=key_id(ACME.public)
    ),
    "a list of another authority": OTHER.revokes,
    "a list with another signature": lambda: spoilt(good(), -1),
    "a list with an entry taken out": lambda: good().replace(
        ONE.to_bytes(20, "big"), TWO.to_bytes(20, "big")
    ),
    "a list with a byte behind": lambda: good() + b"\0",
    "a list that was cut": lambda: good()[:-1],
    "an empty list": lambda: b"",
    "a list of a megabyte": lambda: good() + b"\0" * 2**20,
    "a list from the future": lambda: ACME.revokes(
        this_update=NOW + DAY, next_update=NOW + 2 * DAY
    ),
    "a list for ever": lambda: ACME.revokes(next_update=NOW + 30 * DAY),
    "a list that is over": lambda: ACME.revokes(next_update=NOW),
    "a list in another order": lambda: made(TWO, ONE),
    "a list with one twice": lambda: made(ONE, ONE),
    "a list without a number": lambda: made(number=None),
    "a list of changes only": lambda: made(change=delta),
    "a list of some only": lambda: made(change=partial),
    "a list with an unknown critical extension": lambda: made(change=unknown),
    "a list of too many": lambda: made(*range(1, 4002)),
}
