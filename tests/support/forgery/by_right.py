"""Chains with rights that nobody has."""

from collections.abc import Callable

from cryptography import x509

from agentmesh.protocol.certificates.form import named
from agentmesh.protocol.certificates.names import NOBODYS_DOMAIN
from tests.support.forgery.spoiling import (
    UNKNOWN,
    Chain,
    acme_bent,
    acme_is,
    alice_bent,
    basic,
    domains,
    extra,
    usage,
    without,
)

BY_RIGHT: dict[str, Callable[[], Chain]] = {
    # What an organisation may speak for.
    "an organisation for everything": lambda: acme_bent(without(x509.NameConstraints)),
    "an organisation for two domains": lambda: acme_bent(domains("acme.example", "rival.example")),
    "an organisation for another domain": lambda: acme_bent(domains("rival.example")),
    "an organisation for a whole top domain": lambda: acme_bent(domains("example")),
    "an organisation for all but one": lambda: acme_bent(domains(but=["rival.example"])),
    "an organisation with an exception": lambda: acme_bent(
        domains("acme.example", but=["x.acme.example"])
    ),
    "constraints that are not critical": lambda: acme_bent(
        lambda draft: draft.replace(
            x509.NameConstraints([x509.DNSName("acme.example")], None), critical=False
        )
    ),
    "constraints in an agent": lambda: alice_bent(
        extra(x509.NameConstraints([x509.DNSName("acme.example")], None), critical=True)
    ),
    "an organisation called after a whole top domain": lambda: acme_is(name="example"),
    "an organisation called after nobody's domain": lambda: acme_is(name=NOBODYS_DOMAIN),
    "an organisation called after an address": lambda: acme_is(name="192.0.2.1"),
    "an organisation with a wildcard": lambda: acme_bent(
        lambda draft: setattr(draft, "subject", named("*.acme.example"))
    ),
    "an organisation in upper case": lambda: acme_is(name="ACME.example"),
    # Who may issue.
    "an agent that is an authority": lambda: alice_bent(basic(ca=True, path_length=None)),
    "an agent that is an organisation": lambda: alice_bent(basic(ca=True, path_length=0)),
    "an agent that may sign certificates": lambda: alice_bent(usage(key_cert_sign=True)),
    "an agent without constraints": lambda: alice_bent(without(x509.BasicConstraints)),
    "an agent whose constraints are not critical": lambda: alice_bent(
        basic(ca=False, path_length=None, critical=False)
    ),
    "an organisation that is none": lambda: acme_bent(basic(ca=False, path_length=None)),
    "an organisation with room for one more": lambda: acme_bent(basic(ca=True, path_length=1)),
    "an organisation with room for any": lambda: acme_bent(basic(ca=True, path_length=None)),
    "an organisation that may not sign certificates": lambda: acme_bent(usage(key_cert_sign=False)),
    "an organisation that may sign anything": lambda: acme_bent(usage(digital_signature=True)),
    "an organisation without a usage": lambda: acme_bent(without(x509.KeyUsage)),
    "a usage that is not critical": lambda: alice_bent(usage(critical=False)),
    "an agent that may not sign": lambda: alice_bent(usage(digital_signature=False)),
    "an agent that vouches for contents": lambda: alice_bent(usage(content_commitment=True)),
    # What else is in it.
    "an unknown extension": lambda: alice_bent(extra(UNKNOWN, critical=False)),
    "an unknown critical extension": lambda: alice_bent(extra(UNKNOWN, critical=True)),
    "an unknown critical extension above": lambda: acme_bent(extra(UNKNOWN, critical=True)),
    "a server's usage": lambda: alice_bent(
        extra(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]),
            critical=False,
        )
    ),
    "extensions in another order": lambda: alice_bent(lambda draft: draft.extensions.reverse()),
    "the id of another key": lambda: alice_bent(
        lambda draft: draft.replace(x509.SubjectKeyIdentifier(b"x" * 20), critical=False)
    ),
    "no id of the key": lambda: alice_bent(without(x509.SubjectKeyIdentifier)),
}
