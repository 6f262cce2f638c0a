"""What a registry does for organisations and for who wants a certificate: our side of it."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec

from agentmesh.discovery.answers import decoded
from agentmesh.discovery.line import Post
from agentmesh.discovery.log import RegistryLog, known
from agentmesh.discovery.log_pages import Ask
from agentmesh.discovery.revocations import RevocationAnswer
from agentmesh.discovery.trust import Data, OrganizationAnswer
from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.bounded import Count
from agentmesh.protocol.certificates.chain import MAX_CHAIN
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.revocation import Revoked
from agentmesh.protocol.signed import Signed

Text = Annotated[str, msgspec.Meta(max_length=300)]
ORG = "/v1/registry/org/"


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What has to stand in a domain's DNS as a TXT record."""

    domain: Text
    record: Text
    value: Text
    expires_in_seconds: Count


class ChainAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Our chain."""

    certificates: Annotated[tuple[Data, ...], msgspec.Meta(min_length=1, max_length=MAX_CHAIN)]


class Office:
    """Asks one registry for certificates, and tells it of those that we issue."""

    def __init__(self, ask: Ask, post: Post, log: RegistryLog) -> None:
        self._ask = ask
        self._post = post
        self._log = log

    async def obtain(self, organization: str) -> tuple[bytes, ...]:
        """Return our chain, by an organisation or ("") by the authority; others see it then."""
        body = msgspec.json.encode({"organization": organization})
        return decoded(await self._post("/v1/registry/certificate", body), ChainAnswer).certificates

    async def claim(self, signed: Signed, domain: str) -> Challenge:
        """Claim a domain; return what proves the claim."""
        body = msgspec.json.encode({"claim": msgspec.msgpack.encode(signed)})
        found = decoded(await self._post(ORG + "register", body), Challenge)
        is_plain = (found.record + found.value).isascii() and (
            found.record + found.value
        ).isprintable()
        if found.domain != domain or not found.record.endswith("." + domain) or not is_plain:
            raise RemoteProtocolError(
                "registry_malformed", "The registry asks for a record of another domain."
            )
        return found

    async def verify(self, domain: str) -> OrganizationAnswer:
        """Have the domain's DNS looked at; return the organisation's certificate."""
        return await self._told("verify", {"domain": domain})

    async def offer(self, domain: str, certificate: bytes) -> None:
        """Hand in an agent's certificate."""
        await self._told("agents", {"domain": domain, "certificate": certificate})

    async def publish(self, domain: str, revoked: bytes) -> None:
        """Publish our list of revoked ones."""
        await self._told("revoked", {"domain": domain, "revoked": revoked})

    async def revoke_identity(self, domain: str, amid: Amid, signed: Signed) -> None:
        """Take back an agent of a domain's fleet: it is in the log when this returns."""
        asked = await self._log.ready()
        document = msgspec.msgpack.encode(signed)
        body = {"domain": domain, "revocation": document, **known(asked)}
        said = await self._post(ORG + "revoke-identity", msgspec.json.encode(body))
        await self._log.revoked(amid, signed, decoded(said, RevocationAnswer), asked)

    async def revocation(self, amid: Amid) -> Revoked:
        """Return the revocation of an identity, proved."""
        return await self._log.revocation(amid)

    async def organization(self, domain: str) -> OrganizationAnswer:
        """Return who speaks for a domain."""
        return await self._ask(ORG + "lookup?" + urlencode({"domain": domain}), OrganizationAnswer)

    async def _told(self, route: str, body: dict[str, object]) -> OrganizationAnswer:
        said = await self._post(ORG + route, msgspec.json.encode(body))
        return decoded(said, OrganizationAnswer)
