"""Chains of a wrong shape, or signed by somebody who may not."""

from collections.abc import Callable

from cryptography import x509

from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.ids import amid_of
from tests.support.forgery import spoiling as forge
from tests.support.forgery.spoiling import (
    BOB_KEY,
    OTHER,
    Chain,
    acme_is,
    alice_bent,
    by_acme,
    without,
)
from tests.support.vouching import (
    ACME,
    RIVAL,
    ROOT,
    alone,
    fleet,
    of_acme,
    of_alice,
    of_bob,
    of_root,
)

BY_ISSUER: dict[str, Callable[[], Chain]] = {
    # Shapes.
    "no chain": list,
    "the organisation alone": lambda: fleet()[1:],
    "in the other order": lambda: fleet()[::-1],
    "an agent of the fleet without its organisation": lambda: fleet()[:1],
    "the agent twice": lambda: [fleet()[0], fleet()[0]],
    "with the authority behind": lambda: [*fleet(), write(of_root(), ROOT.sign)],
    "the authority as an organisation": lambda: [fleet()[0], write(of_root(), ROOT.sign)],
    "the authority as an agent": lambda: [write(of_root(), ROOT.sign)],
    "an organisation above an agent of the authority": lambda: [*alone(), fleet()[1]],
    "a stranger's organisation": lambda: [
        fleet()[0],
        write(of_acme(name=RIVAL.name, key=RIVAL.public), ROOT.sign),
    ],
    # Who signed.
    "an agent signed by itself": lambda: [write(forge.of_mallory(), forge.by_mallory), fleet()[1]],
    "an agent that names itself as issuer": lambda: [
        write(
            of_bob(issuer=amid_of(BOB_KEY), issuer_id=key_id(BOB_KEY)),
            lambda data: forge.BOB.sign(data).signature,
        )
    ],
    "an agent signed by the authority in the organisation's name": lambda: [
        write(of_alice(), ROOT.sign),
        fleet()[1],
    ],
    "an agent signed by another organisation": lambda: [
        write(of_alice(), RIVAL.sign),
        fleet()[1],
    ],
    "an organisation signed by itself": lambda: [fleet()[0], write(of_acme(), ACME.sign)],
    "an organisation signed by another authority": lambda: [
        fleet()[0],
        write(of_acme(), OTHER.sign),
    ],
    "an organisation of another authority": lambda: acme_is(
        issuer=OTHER.name, issuer_id=key_id(OTHER.public)
    ),
    "another authority's organisation, all of it": lambda: [
        fleet()[0],
        write(of_acme(issuer=OTHER.name, issuer_id=key_id(OTHER.public)), OTHER.sign),
    ],
    "another authority's agent": lambda: [
        write(of_bob(issuer=OTHER.name, issuer_id=key_id(OTHER.public)), OTHER.sign)
    ],
    "the authority's agent, signed by an organisation": lambda: [write(of_bob(), ACME.sign)],
    "an agent made by an agent": forge.made_by_alice,
    "an agent made by an agent, its own organisation left out": lambda: forge.made_by_alice()[:2],
    "an organisation made by an organisation": forge.sub_organization,
    "the right issuer's key under another name": lambda: by_acme(issuer="acme.example.org"),
    "the right issuer's name with another key": lambda: by_acme(issuer_id=key_id(RIVAL.public)),
    "no id of the issuer's key": lambda: alice_bent(without(x509.AuthorityKeyIdentifier)),
}
