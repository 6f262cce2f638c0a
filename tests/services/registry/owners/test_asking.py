"""Asking a provider: bounded in time and size, and never sent elsewhere."""

from collections.abc import Awaitable, Callable

import pytest
from agentmesh_registry.config import Address
from agentmesh_registry.listener import Crowd, bind, bound, serving
from agentmesh_registry.owners.asking import ask
from aiohttp import web

from agentmesh.errors import TransportError

BAD = "The provider did not answer as it should"
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
    assert caught.value.code == "provider_failed"
    return caught.value.message


async def test_an_object_is_an_answer() -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"a": 1})

    assert await asked(say) == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"\xff", b"[" * 9999, b"{" + b" " * 300_000])
async def test_what_is_no_object_or_too_long_is_none(body: bytes) -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    assert await refused(say) in (f"{BAD}: it is not JSON.", f"{BAD}: its answer is too long.")


async def test_who_hangs_up_or_is_not_there_is_told_in_words() -> None:
    async def say(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    assert await refused(say) == f"{BAD}: it hung up."
    with pytest.raises(TransportError, match="it cannot be reached"):
        await ask("http://127.0.0.1:1/x")


async def test_nobody_is_followed_elsewhere() -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    assert await refused(say) == f"{BAD}: status 302."


async def test_nothing_grows_on_arrival() -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=b"x\x9c\xab\xae\x05\x00\x01u\x00\xf9", headers={"Content-Encoding": "deflate"}
        )

    assert await refused(say) == f"{BAD}: it is not JSON."
