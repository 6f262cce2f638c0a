"""Chains for somebody else: another key, another name, out of the organisation's domain."""

from collections.abc import Callable

from cryptography import x509

from agentmesh.protocol.certificates.form import named, write
from agentmesh.protocol.certificates.names import NOBODYS_DOMAIN, key_id
from agentmesh.protocol.ids import amid_of
from tests.support.forgery.spoiling import (
    ALICE_KEY,
    BOB_KEY,
    MALLORY_KEY,
    Chain,
    alice_bent,
    by_acme,
    names,
    without,
)
from tests.support.vouching import (
    ROOT,
    of_alice,
    of_bob,
)

LABEL = key_id(ALICE_KEY).hex()
BY_NAME: dict[str, Callable[[], Chain]] = {
    # Whose it is.
    "another key under the agent's name": lambda: by_acme(key=MALLORY_KEY),
    "another name over the agent's key": lambda: by_acme(name=amid_of(MALLORY_KEY)),
    "no AMID as a name": lambda: by_acme(name="alice"),
    "the DID of somebody else": lambda: alice_bent(
        names(f"{LABEL}.acme.example", did="did:agentmesh:" + amid_of(MALLORY_KEY))
    ),
    "another DID method": lambda: alice_bent(
        names(f"{LABEL}.acme.example", did="did:web:" + amid_of(ALICE_KEY))
    ),
    "two common names": lambda: alice_bent(
        lambda draft: setattr(draft, "subject", x509.Name([*draft.subject, *draft.subject]))
    ),
    "an organisation's name beside the agent's": lambda: alice_bent(
        lambda draft: setattr(
            draft,
            "subject",
            x509.Name(
                [*draft.subject, x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Rival")]
            ),
        )
    ),
    "the name in another encoding": lambda: alice_bent(
        lambda draft: setattr(
            draft,
            "subject",
            x509.Name(
                [
                    x509.NameAttribute(
                        x509.NameOID.COMMON_NAME, of_alice().name, x509.name._ASN1Type.BMPString
                    )
                ]
            ),
        )
    ),
    "no name": lambda: alice_bent(lambda draft: setattr(draft, "subject", x509.Name([]))),
    "the issuer's name with upper case": lambda: alice_bent(
        lambda draft: setattr(draft, "issuer", named("Acme.example"))
    ),
    # Out of the organisation's names.
    "another domain": lambda: alice_bent(names(f"{LABEL}.rival.example")),
    "a domain that ends alike": lambda: alice_bent(names(f"{LABEL}.notacme.example")),
    "a domain that begins alike": lambda: alice_bent(names(f"{LABEL}.acme.example.rival.example")),
    "a dot at the end": lambda: alice_bent(names(f"{LABEL}.acme.example.")),
    "a dot at the beginning": lambda: alice_bent(names(f".{LABEL}.acme.example")),
    "upper case": lambda: alice_bent(names(f"{LABEL}.ACME.example")),
    "an upper-case label": lambda: alice_bent(names(f"{LABEL.upper()}.acme.example")),
    "a wildcard": lambda: alice_bent(names("*.acme.example")),
    "the domain itself": lambda: alice_bent(names("acme.example")),
    "a department": lambda: alice_bent(names(f"{LABEL}.sales.acme.example")),
    "a letter that looks alike": lambda: alice_bent(names(f"{LABEL}.xn--cme-5cd.example")),
    "a zero byte": lambda: alice_bent(names(f"{LABEL}.acme.example\0.rival.example")),
    "a zero byte at the end": lambda: alice_bent(names(f"{LABEL}.acme.example\0")),
    "a line break": lambda: alice_bent(names(f"{LABEL}.acme.example\n")),
    "a space": lambda: alice_bent(names(f" {LABEL}.acme.example")),
    "another agent's label": lambda: alice_bent(names(f"{key_id(BOB_KEY).hex()}.acme.example")),
    "a second domain": lambda: alice_bent(names(f"{LABEL}.acme.example", f"{LABEL}.rival.example")),
    "no DNS name": lambda: alice_bent(names()),
    "no names": lambda: alice_bent(without(x509.SubjectAlternativeName)),
    "an address beside the names": lambda: alice_bent(
        lambda draft: draft.replace(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName(f"{LABEL}.acme.example"),
                    x509.UniformResourceIdentifier("did:agentmesh:" + amid_of(ALICE_KEY)),
                    x509.RFC822Name("root@rival.example"),
                ]
            ),
            critical=False,
        )
    ),
    "names that are critical": lambda: alice_bent(
        lambda draft: draft.replace(
            next(e for e, _ in draft.extensions if isinstance(e, x509.SubjectAlternativeName)),
            critical=True,
        )
    ),
    "a fleet of nobody's domain": lambda: by_acme(domain=NOBODYS_DOMAIN),
    "an organisation's domain from the authority": lambda: [
        write(of_bob(domain="acme.example"), ROOT.sign)
    ],
}
