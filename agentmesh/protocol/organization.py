"""That somebody speaks for a domain, said by the organisation's own key."""

from typing import Annotated

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.bounded import Milliseconds, Name
from agentmesh.protocol.certificates.names import MAX_DOMAIN, parse_domain
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Document, Purpose, Signed, read


class OrganizationClaim(Document, frozen=True, kw_only=True):
    """I, the signer, am the key of `domain`; `amid` acts for me. `name` is shown to people."""

    domain: Annotated[str, msgspec.Meta(max_length=MAX_DOMAIN)]
    name: Name
    amid: Amid
    timestamp: Milliseconds


def read_claim(signed: Signed) -> OrganizationClaim:
    """Return a claim that its key has signed, or blame who showed it."""
    claim = read(signed, OrganizationClaim, Purpose.ORGANIZATION)
    parse_domain(claim.domain)
    if not claim.name.isprintable():
        raise RemoteProtocolError("document_malformed", "The organisation's name is no name.")
    return claim
