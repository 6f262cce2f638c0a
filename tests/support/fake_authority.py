"""A registry's authority in memory, as whoever asks over HTTP meets it."""

import asyncio
import base64
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from agentmesh.discovery.office import Office
from agentmesh.discovery.revocations import RevocationAnswer
from agentmesh.discovery.trust import ANY, Trust, TrustBook
from agentmesh.errors import AgentMeshError, Refused, TransportError
from agentmesh.node.certificates.rooms import Authority
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.organization import read_claim
from agentmesh.protocol.revocation import Revocation
from agentmesh.protocol.signed import Purpose, Signed, read
from agentmesh.protocol.transparency import REVOCATION
from agentmesh.protocol.world import Clock
from tests.support.fake_log import FakeLog
from tests.support.vouching import ACME, NOW, ROOT, of_acme, of_root
from tests.support.world import FakeClock

A = TypeVar("A", bound=msgspec.Struct)


class Shelf:
    """Keeps a book of trust in memory."""

    def __init__(self) -> None:
        self.book = TrustBook()

    async def load(self) -> TrustBook:
        return self.book

    async def save(self, book: TrustBook) -> None:
        self.book = book


class FakeAuthority:
    """The authority ROOT, and the organisation ACME. `is_absent`: a registry without one."""

    def __init__(self, *, is_absent: bool = False) -> None:
        self.is_absent = is_absent
        self.fails_with: AgentMeshError | None = None
        self.root = write(of_root(), ROOT.sign)
        self.lists = {"": ROOT.revokes(), ACME.name: ACME.revokes()}
        self.chain: tuple[bytes, ...] = ()
        self.asked: list[str] = []
        self.claims: dict[str, bytes] = {}
        self.loses_answers = False
        self.revoked: dict[str, tuple[int, ...]] = {"": (), ACME.name: ()}
        self.posted: list[tuple[str, dict[str, object]]] = []

    def revoke(self, *serials: int, number: int = 2, by: str = ACME.name, at: int = NOW) -> None:
        """Put these on a list that is of this moment."""
        who = ACME if by else ROOT
        self.revoked[by] = serials
        times = {"this_update": at - 60, "next_update": at + 3600}
        self.lists[by] = who.revokes(*serials, number=number, **times)

    def sign_anew(self, now: int) -> None:
        """Put lists there that are of this moment, and say what they said."""
        for by, serials in self.revoked.items():
            self.revoke(*serials, number=now, by=by, at=now)

    async def ask(self, target: str, kind: type[A]) -> A:
        self.asked.append(target)
        if self.fails_with is not None:
            raise self.fails_with
        if self.is_absent:
            raise Refused("no_authority")
        parts = urlsplit(target)
        domain = dict(parse_qsl(parts.query)).get("domain", "")
        if domain not in self.lists:
            raise Refused("organization_not_found")
        said = {"certificate": _text(self.root), "revoked": _text(self.lists[domain])}
        if domain:
            above = write(of_acme(), ROOT.sign)
            said |= {"domain": domain, "name": "Acme", "amid": "", "certificate": _text(above)}
        return msgspec.convert(said, kind)

    async def post(self, target: str, body: bytes) -> bytes:
        await asyncio.sleep(0)  # a network takes its time: others go on meanwhile
        if self.fails_with is not None:
            raise self.fails_with
        self.posted.append((target, msgspec.json.decode(body)))
        if target.endswith("revoke-identity"):
            return await self._taken_back(msgspec.json.decode(body))
        if "/org/" in target:
            return self._organization(target, msgspec.json.decode(body))
        if not self.chain:
            raise Refused("certificate_not_found")
        return msgspec.json.encode({"certificates": self.chain})

    async def _taken_back(self, asked: dict[str, str]) -> bytes:
        signed = msgspec.msgpack.decode(base64.b64decode(asked["revocation"]), type=Signed)
        amid = read(signed, Revocation, Purpose.REVOCATION).amid
        self.log.add(REVOCATION, amid, signed)
        target = f"/v1/registry/revocation?amid={amid}&log_size={asked['log_size']}"
        answer = await self.log.ask(target, RevocationAnswer)
        if self.loses_answers:
            raise TransportError("registry_unreachable")
        return msgspec.json.encode(answer)

    def _organization(self, target: str, asked: dict[str, str]) -> bytes:
        if target.endswith("register"):
            signed = msgspec.msgpack.decode(base64.b64decode(asked["claim"]), type=Signed)
            domain = read_claim(signed).domain
            self.claims[domain] = signed.signer
            record = {"domain": domain, "record": f"_agentmesh.{domain}"}
            return msgspec.json.encode({**record, "value": "v", "expires_in_seconds": 86400})
        domain = asked["domain"]
        certificate = write(of_acme(name=domain, key=self.claims[domain]), ROOT.sign)
        said = {"domain": domain, "name": "", "amid": "", "certificate": _text(certificate)}
        return msgspec.json.encode(said)

    def given(self, domain: str) -> tuple[bytes, bytes]:
        """Return the chain that was handed in last for an agent of this domain."""
        bodies = [body for target, body in self.posted if target.endswith("agents")]
        above = write(of_acme(name=domain, key=self.claims[domain]), ROOT.sign)
        return base64.b64decode(str(bodies[-1]["certificate"])), above

    def trust(self, clock: Clock, trusted: frozenset[str] = ANY) -> Trust:
        return Trust(self.ask, clock, Shelf(), trusted)

    def at_hand(self, clock: FakeClock) -> Authority:
        self.log, trust = FakeLog(clock), self.trust(clock)
        log = self.log.follower()
        log.ask_authority_of(trust.authority)
        return Authority(office=Office(self.ask, self.post, log), trust=trust)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
