"""Asking a provider: bounded in time and size, and never sent elsewhere."""

from collections.abc import Awaitable, Callable

import pytest
from agentmesh_registry.config import Address
from agentmesh_registry.listener import Crowd, bind, bound, serving
from agentmesh_registry.owners.asking import ask
from aiohttp import web

from agentmesh.errors import TransportError

Say = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def asked(say: Say) -> dict[str, object]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", say)
    with bind(Address("127.0.0.1", 0)) as listener:
        async with serving(app, listener, web.Response, arrival_seconds=5, crowd=Crowd(9, 9)):
            return await ask(bound(listener).url() + "/x")


async def refused(say: Say) -> str:
    with pytest.raises(TransportError) as caught:
        await asked(say)
    return caught.value.code


async def test_an_object_is_an_answer() -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"a": 1})

    assert await asked(say) == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"\xff", b"[" * 9999, b"{" + b" " * 300_000])
async def test_what_is_no_object_or_too_long_is_none(body: bytes) -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    assert await refused(say) == "provider_failed"


async def test_nobody_is_followed_elsewhere() -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    assert await refused(say) == "provider_failed"


async def test_nothing_grows_on_arrival() -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=b"x\x9c\xab\xae\x05\x00\x01u\x00\xf9", headers={"Content-Encoding": "deflate"}
        )

    assert await refused(say) == "provider_failed"
