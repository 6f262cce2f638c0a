"""A registry that lies: real HTTP in front of a real registry, with its log's key in hand.

    async with lying(tmp_path) as liar:
        liar.twist = lambda path, answer: {**answer, "log": None}

`twist` gets the path and each answer's JSON, and returns what is sent instead; a status is sent by
`refuse`. `backend` says which registry answers: two with one key are two views of one log.
"""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from agentmesh_registry.config import Address
from agentmesh_registry.listener import Crowd, bind, bound, serving
from aiohttp import web
from nacl.signing import SigningKey
from yarl import URL

from agentmesh.discovery.book import Memory
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.errors import AgentMeshError
from agentmesh.protocol.signed import Purpose, Signed, sign
from agentmesh.protocol.transparency import TreeHead
from tests.support.asking import Asker, registry_at
from tests.support.patience import PATIENCE
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

Json = dict[str, Any]
Twist = Callable[[str, Json], Json]
KEY, OTHER_KEY = SigningKey(b"K" * 32), SigningKey(b"O" * 32)


def honest(_: str, answer: Json) -> Json:
    """Change nothing."""
    return answer


class Refusal(Exception):
    """Send this status and code instead of an answer."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Liar:
    """The lying registry, and the honest ones behind it."""

    url: str
    clock: FakeClock
    views: dict[str, Asker]
    entropy: FakeEntropy = field(default_factory=FakeEntropy)
    twist: Twist = honest
    view: str = "true"
    asked: list[str] = field(default_factory=list)

    def be_honest(self) -> None:
        """Lie no more."""
        self.twist, self.view = honest, "true"
        self.asked.clear()


@asynccontextmanager
async def lying(folder: Path, *views: str) -> AsyncIterator[Liar]:
    """Run a lying registry; `views` are further registries behind it, `other...` by another key."""
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(bind(Address("127.0.0.1", 0)))
        url, clock = bound(listener).url(), FakeClock()
        liar = Liar(url, clock, {})
        for view in ("true", *views):
            key = folder / f"{view}.key"
            key.touch(0o600)
            key.write_bytes(bytes(OTHER_KEY if view.startswith("other") else KEY))
            where, settings = f"{folder}/{view}.db", {"log_key": str(key), "origins": (url,)}
            asker = await stack.enter_async_context(registry_at(where, clock, **settings))
            liar.views[view] = asker
        session = await stack.enter_async_context(aiohttp.ClientSession())
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", _passing_on(liar, session))
        crowd = Crowd(99, 99)
        await stack.enter_async_context(
            serving(app, listener, web.Response, arrival_seconds=PATIENCE, crowd=crowd)
        )
        yield liar


def _passing_on(liar: Liar, session: aiohttp.ClientSession) -> Any:
    async def handle(request: web.Request) -> web.StreamResponse:
        liar.asked.append(request.path)
        url = URL(liar.views[liar.view].url + request.raw_path, encoded=True)
        body = await request.read()
        headers = {
            name: request.headers[name]
            for name in ("Authorization", "Content-Type")
            if name in request.headers
        }
        async with session.request(
            request.method, url, data=body or None, headers=headers
        ) as answer:
            raw, status = await answer.read(), answer.status
        try:
            plain = json.loads(raw)
            twisted = liar.twist(request.path, plain)
            said, status = json.dumps(twisted), status if twisted is plain else 200
        except Refusal as refusal:
            status, said = refusal.status, json.dumps({"code": refusal.code})
        return web.Response(body=said.encode(), status=status)

    return handle


# --- what a liar does to an answer ---------------------------------------------------------------


def head_of(answer: Json) -> TreeHead:
    """Return the head in a proof or in the answer of /log/head."""
    return msgspec.msgpack.decode(base64.b64decode(answer["head"]["payload"]), type=TreeHead)


def with_head(answer: Json, key: SigningKey = KEY, **changes: Any) -> Json:
    """Return the answer with another head, signed as well as a head can be."""
    head = msgspec.structs.replace(head_of(answer), **changes)
    return {**answer, "head": as_json(sign(head, Purpose.TREE_HEAD, key))}


def as_json(signed: Signed) -> Json:
    """Return a signed document as it stands in JSON."""
    made: Json = json.loads(msgspec.json.encode(signed))
    return made


def packed(signed: Signed) -> str:
    """Return a signed document as base64 of its MessagePack."""
    return base64.b64encode(msgspec.msgpack.encode(signed)).decode()


# --- those who ask it ----------------------------------------------------------------------------


def directory(liar: Liar, agent: Registrant) -> RegistryDirectory:
    return RegistryDirectory(liar.url, agent, (liar.clock, liar.entropy), Memory(), PATIENCE)


async def registered(liar: Liar, *agents: Registrant) -> None:
    for agent in agents:
        async with directory(liar, agent) as mine:
            await mine.register(agent.record())


async def refused(ask: Awaitable[object]) -> str:
    """Return the code by which something is refused; "" if it is not."""
    try:
        await ask
    except AgentMeshError as error:
        return error.code
    return ""
