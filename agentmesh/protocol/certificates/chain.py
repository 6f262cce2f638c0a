"""Whether a chain holds: authority, organisation (if there is one), agent. Exactly these, in order.

There is no path to be found: a chain has one shape, each certificate names the one above it, and
the authority is the one that we trust already, byte for byte.
"""

from collections.abc import Mapping, Sequence

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.certificates.contents import Contents, Issuer, amid_in
from agentmesh.protocol.certificates.form import Certificate, invalid, read
from agentmesh.protocol.certificates.names import NOBODYS_DOMAIN, key_id
from agentmesh.protocol.certificates.revocation_list import RevocationList
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import CERTIFICATE_MAX_AHEAD
from agentmesh.protocol.tiers import ORGANIZATION, PERSON

MAX_CHAIN = 2
"""An agent's certificate, and its organisation's."""
Lists = Mapping[bytes, RevocationList]
"""The lists in force, by the id of their issuer's key."""


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """What a chain says of an agent."""

    amid: Amid
    tier: float
    organization: str
    not_before: int
    not_after: int
    agent: Contents
    issuer: Contents


def read_authority(data: bytes) -> Certificate:
    """Return the certificate of an authority: it vouches for itself, others decide to trust it."""
    root = read(data)
    if root.contents.kind != "authority" or not root.is_signed_by(root.contents.key):
        raise invalid()
    return root


def read_organization(data: bytes, authority: Certificate) -> Certificate:
    """Return the certificate of an organisation that this authority issued."""
    found = read(data)
    if found.contents.kind != "organization":
        raise invalid()
    return _issued(found, authority)


def read_chain(chain: Sequence[bytes], authority: Certificate) -> Vouched:
    """Return what a chain says, if each certificate was issued by the next. Times come later."""
    if not 1 <= len(chain) <= MAX_CHAIN:
        raise invalid()
    above = read_organization(chain[1], authority) if len(chain) == MAX_CHAIN else authority
    agent = read(chain[0]).contents
    domain = above.contents.name if len(chain) == MAX_CHAIN else NOBODYS_DOMAIN
    if agent.kind != "agent" or agent.domain != domain:
        raise invalid()
    _issued(read(chain[0]), above)
    both = (agent, above.contents)
    return Vouched(
        amid=amid_in(agent),
        tier=ORGANIZATION if agent.organization else PERSON,
        organization=agent.organization,
        not_before=max(one.not_before for one in both),
        not_after=min(one.not_after for one in (*both, authority.contents)),
        agent=agent,
        issuer=above.contents,
    )


def check(vouched: Vouched, authority: Certificate, lists: Lists, now: float) -> None:
    """Return if a chain holds at this moment, by these lists of revoked ones.

    Else raise `invalid_certificate`, `certificate_expired`, `certificate_revoked`, or
    `revocation_list_stale` where a list is missing: what cannot be checked does not hold.
    """
    check_time(vouched.not_before, vouched.not_after, now)
    above = authority.contents
    for one in (vouched.issuer, vouched.agent):
        if one.kind == "authority":
            continue
        known = lists.get(key_id(above.key))
        if known is None or now >= known.next_update:
            raise RemoteProtocolError("revocation_list_stale", "There is no list of this hour.")
        if known.holds(one.serial):
            raise RemoteProtocolError("certificate_revoked", "The certificate was revoked.")
        above = one


def check_time(not_before: int, not_after: int, now: float) -> None:
    """Return if a certificate is valid at this moment, by its own word."""
    if now + CERTIFICATE_MAX_AHEAD < not_before:
        raise invalid()
    if now >= not_after:
        raise RemoteProtocolError("certificate_expired", "The certificate has expired.")


def issuer_in(contents: Contents) -> Issuer:
    """Return a certificate's subject as somebody who issues."""
    return Issuer(contents.name, contents.key)


def _issued(one: Certificate, above: Certificate) -> Certificate:
    said, issuer = one.contents, above.contents
    is_named = (said.issuer, said.issuer_id) == (issuer.name, key_id(issuer.key))
    if not is_named or not one.is_signed_by(issuer.key):
        raise invalid()
    return one
