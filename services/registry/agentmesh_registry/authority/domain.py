"""Whether somebody speaks for a domain: a TXT record that only who runs its DNS can put there."""

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from agentmesh.errors import Refused, TransportError
from agentmesh_registry.config import Address

PREFIX = "_agentmesh."
SAYS = "agentmesh-verify="
_SECONDS = 5.0
_MAX_RECORDS = 50


class DomainChecker:
    """Asks the machine's resolvers, or the one that it was told."""

    def __init__(self, server: Address | None) -> None:
        self._server = server

    async def check(self, domain: str, token: str) -> None:
        """Return if the domain's TXT record has this token."""
        try:
            found = await self._texts(domain)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            found = []
        except (dns.exception.DNSException, OSError) as error:
            raise TransportError(
                "domain_unreachable",
                f"The DNS of {domain} does not answer ({type(error).__name__}).",
                "Try again in a minute.",
            ) from None
        if (SAYS + token).encode() not in found:
            raise Refused(
                "domain_unproved",
                f"There is no TXT record {PREFIX}{domain} that says {SAYS}{token}.",
                "New records may take minutes to be seen everywhere.",
            )

    async def _texts(self, domain: str) -> list[bytes]:
        resolver = dns.asyncresolver.Resolver(configure=self._server is None)
        if self._server is not None:
            resolver.nameservers = [self._server.host]
            resolver.port = self._server.port
        resolver.cache = None
        name = dns.name.from_text(f"{PREFIX}{domain}.")
        answer = await resolver.resolve(name, "TXT", lifetime=_SECONDS, search=False)
        records = answer.rrset or ()
        return [b"".join(record.strings) for record in list(records)[:_MAX_RECORDS]]
