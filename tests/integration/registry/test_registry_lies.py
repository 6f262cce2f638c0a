"""A registry that lies, stalls or rambles is caught."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from agentmesh_registry.config import Address
from agentmesh_registry.listener import Crowd, bind, bound, serving
from aiohttp import web

from agentmesh.discovery.book import Memory
from agentmesh.discovery.interface import Query
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.errors import AgentMeshError, TransportError
from tests.support.patience import PATIENCE
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

ALICE, BOB = Registrant("alice"), Registrant("bob")
Say = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def asking(say: Say, seconds: float = PATIENCE) -> AsyncIterator[RegistryDirectory]:
    """Ask a registry that answers everything with `say`, if it does so within `seconds`."""
    app = web.Application()
    app.router.add_route("GET", "/v1/log/head", saying({"code": "not_found"}, 404))
    app.router.add_route("*", "/{path:.*}", say)
    with bind(Address("127.0.0.1", 0)) as listener:
        async with serving(app, listener, web.Response, arrival_seconds=5, crowd=Crowd(9, 9)):
            url = bound(listener).url()
            world = FakeClock(), FakeEntropy()
            async with RegistryDirectory(url, BOB, world, Memory(), seconds) as directory:
                yield directory


def view(agent: Registrant) -> dict[str, object]:
    return {
        "record": msgspec.msgpack.encode(agent.record()),
        "tier": 2,
        "reputation_score": 0.5,
        "ratings_count": 0,
        "reputation_status": "unrated",
        "status": "online",
    }


def saying(value: object, status: int = 200) -> Say:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=msgspec.json.encode(value), status=status)

    return say


async def code_of(say: Say, ask: Callable[[RegistryDirectory], Awaitable[object]]) -> str:
    async with asking(say) as directory:
        with pytest.raises(AgentMeshError) as caught:
            await ask(directory)
        return caught.value.code


async def test_a_swapped_record_is_noticed() -> None:
    code = await code_of(saying(view(BOB)), lambda directory: directory.lookup(ALICE.amid))
    assert code == "record_swapped"


async def test_swapped_keys_are_noticed() -> None:
    code = await code_of(saying(BOB.bundle()), lambda directory: directory.bundle(ALICE.amid))
    assert code == "bundle_invalid"


async def test_a_bad_result_spoils_no_other() -> None:
    results = [view(ALICE), {**view(ALICE), "record": b"rubbish"}, 7]
    async with asking(saying({"results": results, "total": 3})) as directory:
        page = await directory.search(Query())
    assert [one.amid for one in page.results] == [ALICE.amid]
    assert page.rejected == 2


async def test_more_results_than_were_asked_for_are_not_read() -> None:
    async with asking(saying({"results": [view(ALICE)] * 5, "total": 5})) as directory:
        assert len((await directory.search(Query(limit=2))).results) == 2


async def test_who_stalls_is_not_waited_for() -> None:
    async def stall(_request: web.Request) -> web.StreamResponse:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 1)
        return web.Response()

    async with asking(stall, 0.3) as directory:
        with pytest.raises(TransportError) as caught:
            await directory.lookup(ALICE.amid)
    assert caught.value.code == "registry_unreachable"


async def test_who_rambles_is_not_listened_to() -> None:
    async def ramble(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                await response.write(b" " * 65536)
        return response

    code = await code_of(ramble, lambda directory: directory.lookup(ALICE.amid))
    assert code == "registry_answer_too_large"


async def test_who_points_elsewhere_is_not_followed() -> None:
    async def elsewhere(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    code = await code_of(elsewhere, lambda directory: directory.lookup(ALICE.amid))
    assert code == "registry_malformed"


async def test_a_compressed_bomb_stays_small() -> None:
    async def bomb(_request: web.Request) -> web.StreamResponse:
        body = zlib.compress(b" " * 16 * 1024 * 1024)
        return web.Response(body=body, headers={"Content-Encoding": "deflate"})

    code = await code_of(bomb, lambda directory: directory.lookup(ALICE.amid))
    assert code == "registry_malformed"


@pytest.mark.parametrize("value", [{}, [], None, "x", {"record": 1}, {"results": {}}], ids=str)
async def test_what_is_no_answer_is_blamed_on_the_registry(value: object) -> None:
    code = await code_of(saying(value), lambda directory: directory.lookup(ALICE.amid))
    assert code == "registry_malformed"
