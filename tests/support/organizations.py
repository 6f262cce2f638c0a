"""A registry with an authority, a name server, and who runs an organisation there."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from agentmesh_registry.authority.files import create
from agentmesh_registry.config import Config
from nacl.signing import SigningKey

from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.chain import issuer_in, read_authority
from agentmesh.protocol.certificates.contents import (
    DAY,
    Contents,
    Issuer,
    Validity,
    for_agent,
    new_serial,
)
from agentmesh.protocol.certificates.form import Certificate, read, write
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.certificates.revocation_list import RevocationList, RevokedOne
from agentmesh.protocol.organization import OrganizationClaim
from agentmesh.protocol.revocation import Revocation
from agentmesh.protocol.signed import Purpose, Signed, sign
from tests.support.asking import Answer, Asker, registry_at
from tests.support.name_server import NameServer, name_server
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

ORG = "/v1/registry/org/"


class House:
    """A registry with an authority, and the DNS that it asks."""

    def __init__(self, registry: Asker, names: NameServer) -> None:
        self.registry = registry
        self.names = names

    async def authority(self) -> Certificate:
        return read_authority(await self._bytes("certificate"))

    async def list_of_authority(self) -> RevocationList:
        authority = await self.authority()
        signed = await self._bytes("revoked")
        return revocation_list.read(
            signed, issuer_in(authority.contents), self.registry.clock.now()
        )

    async def _bytes(self, name: str) -> bytes:
        answer = await self.registry.get("/v1/registry/authority")
        assert answer.status == 200, answer.raw
        return base64.b64decode(answer.json[name])

    async def looked_up(self, agent: Registrant) -> dict[str, Any]:
        found: dict[str, Any] = (await self.registry.lookup(agent)).json
        return found

    async def obtain(self, agent: Registrant, organization: str = "") -> Answer:
        body = {"organization": organization}
        return await self.registry.post("/v1/registry/certificate", body, agent)


class Organization:
    """Somebody who speaks for a domain: the organisation's key, and the agent that acts for it."""

    def __init__(self, house: House, agent: Registrant, domain: str, seed: str = "") -> None:
        self.house = house
        self.agent = agent
        self.domain = domain
        self.key = SigningKey(FakeEntropy(f"{domain} {seed}")(32))
        self._entropy = FakeEntropy(f"serials of {domain} {seed}")
        self.revoked: list[RevokedOne] = []
        self.number = 0

    @property
    def now(self) -> int:
        return int(self.house.registry.clock.now())

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data).signature

    async def register(self, **changes: object) -> Answer:
        plain = OrganizationClaim(
            domain=self.domain, name="Acme", amid=self.agent.amid, timestamp=self.now * 1000
        )
        claim = msgspec.structs.replace(plain, **changes)
        signed = msgspec.msgpack.encode(sign(claim, Purpose.ORGANIZATION, self.key))
        return await self.post("register", claim=signed)

    async def verify(self) -> Answer:
        return await self.post("verify")

    async def begin(self) -> Certificate:
        """Claim the domain, put the record there, and have it proved."""
        challenge = (await self.register()).json
        self.house.names.texts[challenge["record"]] = [challenge["value"]]
        answer = await self.verify()
        assert answer.status == 200, answer.raw
        assert (await self.publish()).status == 200
        return read(base64.b64decode(answer.json["certificate"]))

    def contents(self, agent: Registrant, **changes: object) -> Contents:
        valid = Validity(self.now, self.now + 90 * DAY)
        issuer = Issuer(self.domain, bytes(self.key.verify_key))
        plain = for_agent(agent.public, self.domain, issuer, valid, new_serial(self._entropy))
        return msgspec.structs.replace(plain, **changes)

    def written(self, contents: Contents) -> bytes:
        return write(contents, self.sign)

    async def offer(self, contents: Contents) -> Answer:
        return await self.post("agents", certificate=self.written(contents))

    async def issue(self, agent: Registrant) -> Contents:
        """Issue a certificate, and have the agent take it."""
        made = self.contents(agent)
        assert (await self.offer(made)).status == 200
        answer = await self.house.obtain(agent, self.domain)
        assert answer.status == 200, answer.raw
        return made

    async def revoke(self, *contents: Contents) -> Answer:
        self.revoked += [RevokedOne(one.serial, self.now) for one in contents]
        return await self.publish()

    async def publish(self, **changes: object) -> Answer:
        self.number += 1
        said = RevocationList(
            issuer=self.domain,
            issuer_id=key_id(bytes(self.key.verify_key)),
            number=self.number,
            this_update=self.now,
            next_update=self.now + 7 * DAY,
            revoked=tuple(sorted(self.revoked)),
        )
        said = msgspec.structs.replace(said, **changes)
        return await self.post("revoked", revoked=revocation_list.write(said, self.sign))

    async def chain_of(self, agent: Registrant) -> tuple[bytes, ...]:
        """Return what an agent bears now."""
        found = await self.house.looked_up(agent)
        return tuple(base64.b64decode(it) for it in found["certificates"])

    async def revocation(self, agent: Registrant, **changes: object) -> Signed:
        """Return that an agent of the fleet counts no more."""
        plain = Revocation(
            amid=agent.amid,
            reason="policy_violation",
            issuer="organization",
            timestamp=self.now * 1000,
        )
        if "certificates" not in changes:
            changes["certificates"] = await self.chain_of(agent)
        return sign(msgspec.structs.replace(plain, **changes), Purpose.REVOCATION, self.key)

    async def revoke_identity(self, signed: Signed) -> Answer:
        return await self.post("revoke-identity", revocation=msgspec.msgpack.encode(signed))

    async def post(self, route: str, **body: object) -> Answer:
        if route != "register":
            body["domain"] = self.domain
        return await self.house.registry.post(ORG + route, body, self.agent)


@asynccontextmanager
async def house_at(database: str, clock: FakeClock, folder: Path) -> AsyncIterator[House]:
    """Run a registry with an authority, and a name server, while inside."""
    key = str(folder / "authority-key")
    config = Config(database=database, authority=key)
    create(config, clock, FakeEntropy("authority"))
    async with (
        name_server() as names,
        registry_at(database, clock, authority=key, dns=names.address) as registry,
    ):
        yield House(registry, names)
