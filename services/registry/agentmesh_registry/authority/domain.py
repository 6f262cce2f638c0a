"""Whether somebody speaks for a domain: a TXT record that only who runs its DNS can put there."""

from agentmesh.errors import Refused, TransportError, in_words
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
        if (SAYS + token).encode() not in await self._texts(domain):
            raise Refused(
                "domain_unproved",
                f"There is no TXT record {PREFIX}{domain} that says {SAYS}{token}.",
                "New records may take minutes to be seen everywhere.",
            )

    async def _texts(self, domain: str) -> list[bytes]:
        # Slow to load, and rarely needed.
        import dns.asyncresolver  # noqa: PLC0415
        import dns.exception  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        try:
            resolver = dns.asyncresolver.Resolver(configure=self._server is None)
            if self._server is not None:
                resolver.nameservers = [self._server.host]
                resolver.port = self._server.port
            resolver.cache = None
            name = f"{PREFIX}{domain}."
            answer = await resolver.resolve(name, "TXT", lifetime=_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            known = (
                (dns.exception.Timeout, "no answer came in time"),
                (dns.resolver.NoNameservers, "its name servers answer with an error"),
                (dns.resolver.NoResolverConfiguration, "this registry knows no name server"),
            )
            raise TransportError(
                "domain_unreachable",
                f"The DNS of {domain} could not be asked: "
                f"{in_words(error, known, 'no name server can be reached')}.",
                "Try again in a minute.",
            ) from None
        records = answer.rrset or ()
        return [b"".join(record.strings) for record in list(records)[:_MAX_RECORDS]]
