"""GitHub's way, as its documents tell it: no ID token, it is asked who signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from agentmesh_registry.config import Address
from agentmesh_registry.listener import Crowd, bind, bound, serving
from agentmesh_registry.owners.providers import SignIn
from agentmesh_registry.owners.sign_in import SignInDesk, Trip
from aiohttp import web

from agentmesh.errors import AgentMeshError
from tests.support.world import FakeClock

TRIP = Trip(state="s" * 43, nonce="n" * 43, verifier="v" * 43)
CALLBACK = "https://registry.example/v1/registry/owner/callback/github"


@asynccontextmanager
async def github(token: object, user: object, secret: Path) -> AsyncIterator[tuple[Any, Any]]:
    """A GitHub that gives this token and this user; yield our desk there, and what was posted."""
    posted: dict[str, Any] = {}

    async def exchange(request: web.Request) -> web.Response:
        posted.update(await request.post())
        return web.json_response({"access_token": token})

    async def who(request: web.Request) -> web.Response:
        is_known = request.headers["Authorization"] == f"Bearer {token}"
        return web.json_response(user, status=200 if is_known else 401)

    app = web.Application()
    app.router.add_post("/login/oauth/access_token", exchange)
    app.router.add_get("/user", who)
    secret.write_text("s3cret")
    with bind(Address("127.0.0.1", 0)) as listener:
        url = bound(listener).url()
        async with serving(app, listener, web.Response, arrival_seconds=5, crowd=Crowd(9, 9)):
            there = SignIn(
                name="github",
                kind="github",
                issuer=url,
                api=url,
                client_id="me",
                secret_file=str(secret),
            )
            yield SignInDesk(there, FakeClock()), posted


async def test_who_signed_in_is_a_number_and_the_code_is_bound_to_us(tmp_path: Path) -> None:
    async with github("t0ken", {"id": 42, "login": "ann"}, tmp_path / "s") as (desk, posted):
        address = await desk.address(TRIP, CALLBACK)
        assert "/login/oauth/authorize?" in address
        assert "code_challenge_method=S256" in address
        assert await desk.subject(TRIP, CALLBACK, "code", "") == "42"
    assert posted["code_verifier"] == TRIP.verifier
    assert (posted["redirect_uri"], posted["client_secret"]) == (CALLBACK, "s3cret")


@pytest.mark.parametrize("token", [None, 7, "", "a\r\nb", "\u00e9"])
async def test_what_is_no_token_is_not_sent_on(tmp_path: Path, token: object) -> None:
    async with github(token, {"id": 42}, tmp_path / "s") as (desk, _):
        with pytest.raises(AgentMeshError) as caught:
            await desk.subject(TRIP, CALLBACK, "code", "")
    assert caught.value.code == "provider_failed"


@pytest.mark.parametrize("user", [{}, {"id": "42"}, {"id": True}, {"id": 0}, {"login": "ann"}, []])
async def test_who_is_not_named_by_a_number_is_nobody(tmp_path: Path, user: object) -> None:
    async with github("t0ken", user, tmp_path / "s") as (desk, _):
        with pytest.raises(AgentMeshError) as caught:
            await desk.subject(TRIP, CALLBACK, "code", "")
    assert caught.value.code == "provider_failed"
