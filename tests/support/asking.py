"""A registry that runs in this process, and agents that ask it over HTTP."""

import atexit
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from agentmesh_registry.config import Address, Config, Rates
from agentmesh_registry.server import running
from yarl import URL

from agentmesh.protocol import requests
from agentmesh.protocol.requests import Request
from agentmesh.protocol.signed import Signed
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

_KEYS = tempfile.TemporaryDirectory(prefix="agentmesh-log-keys-")
atexit.register(_KEYS.cleanup)
UNLIMITED = Rates(
    requests=0, registrations=0, agent_requests=0, fetches=0, one_time=0, one_time_pair=0
)


class Answer:
    """Status, headers and the JSON of an answer."""

    def __init__(self, status: int, headers: Any, raw: bytes) -> None:
        self.status = status
        self.headers = headers
        self.raw = raw

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a problem document."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status
        return self.status, self.json["code"]


class Asker:
    """Asks one registry, as whom you like."""

    def __init__(self, url: str, admin_url: str, clock: FakeClock) -> None:
        self.url = url
        self.admin_url = admin_url
        self.clock = clock
        self.entropy = FakeEntropy()
        self.session = aiohttp.ClientSession()

    def authorization(self, agent: Registrant, request: Request) -> str:
        return requests.authorize(
            request, agent.amid, agent.sign_bytes, self.clock.now(), self.entropy
        )

    async def send(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        sent = dict(headers or {})
        if body:
            sent.setdefault("Content-Type", "application/json")
        url = URL(self.url + target, encoded=True)
        async with self.session.request(
            method, url, data=body or None, headers=sent, allow_redirects=False
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    async def get(self, target: str, by: Registrant | None = None) -> Answer:
        return await self._ask(Request(self.url, "GET", target), by)

    async def post(self, target: str, value: object, by: Registrant | None = None) -> Answer:
        return await self._ask(Request(self.url, "POST", target, msgspec.json.encode(value)), by)

    async def register(self, agent: Registrant, signed: Signed | None = None) -> Answer:
        record = msgspec.msgpack.encode(signed or agent.record())
        return await self.post("/v1/registry/register", {"record": record}, agent)

    async def revoke(
        self, agent: Registrant, signed: Signed | None = None, record: Signed | None = None
    ) -> Answer:
        body = {"revocation": msgspec.msgpack.encode(signed or agent.revocation())}
        if record is not None:
            body["record"] = msgspec.msgpack.encode(record)
        return await self.post("/v1/registry/revoke", body, agent)

    async def lookup(self, agent: Registrant, log_size: int = 0) -> Answer:
        target = f"/v1/registry/lookup?amid={agent.amid}&log_size={log_size}"
        return await self.get(target)

    async def publish(self, agent: Registrant, **numbers: int) -> Answer:
        return await self.post("/v1/registry/prekeys", agent.upload(**numbers), agent)

    async def _ask(self, request: Request, by: Registrant | None) -> Answer:
        headers = {"Authorization": self.authorization(by, request)} if by else {}
        return await self.send(request.method, request.target, request.body, headers)


@asynccontextmanager
async def registry_at(
    database: str, clock: FakeClock, rates: Rates = UNLIMITED, **settings: Any
) -> AsyncIterator[Asker]:
    """Run a registry while inside."""
    free = Address("127.0.0.1", 0)
    log_key = str(Path(_KEYS.name) / hashlib.sha256(database.encode()).hexdigest())
    given = {"log_key": log_key, "stamp_bits": 0, **settings}
    config = Config(listen=free, admin=free, database=database, rates=rates, **given)
    async with running(config, clock, FakeEntropy(config.log_key)) as served:
        assert served.admin_url is not None
        asker = Asker(served.url, served.admin_url, clock)
        try:
            yield asker
        finally:
            await asker.session.close()
