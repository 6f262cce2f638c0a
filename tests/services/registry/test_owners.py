"""Proving who owns an agent, on both databases, with real providers and a real mail server."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import oidc_provider_mock
import pytest
from agentmesh_registry.owners.providers import Providers, SignIn

from agentmesh.observability.world import SystemClock
from tests.support.asking import Answer, Asker, registry_at
from tests.support.identity_provider import CLIENT, SECRET, IdentityProvider, provider
from tests.support.mail_server import MailServer, mail_server
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ALICE, BOB = Registrant("alice"), Registrant("bob")
BEGIN, PROVE = "/v1/registry/owner/begin", "/v1/registry/owner/prove"
CODE = re.compile(r"[2-9A-Z]{5}-[2-9A-Z]{5}")


class House:
    """A registry, a provider that can lie, and a mail server."""

    def __init__(self, registry: Asker, theirs: IdentityProvider, mail: MailServer) -> None:
        self.registry = registry
        self.theirs = theirs
        self.mail = mail

    async def begin(self, agent: Registrant, name: str = "ours", **more: str) -> dict[str, Any]:
        answer = await self.registry.post(BEGIN, {"provider": name, **more}, agent)
        assert answer.status == 200, answer.raw
        found: dict[str, Any] = answer.json
        return found

    async def code(self, begun: dict[str, Any], subject: str = "u-1", **changes: str) -> str:
        page = await self.registry.get(self.theirs.sign_in(begun["url"], subject, **changes))
        assert page.headers["Content-Type"].startswith("text/html")
        found = CODE.search(page.raw.decode())
        return found[0] if found else ""

    async def prove(self, agent: Registrant, begun: dict[str, Any], code: str) -> Answer:
        return await self.registry.post(PROVE, {"attempt": begun["attempt"], "code": code}, agent)


@pytest.fixture
async def house(database_url: str, clock: FakeClock, tmp_path: Path) -> AsyncIterator[House]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    async with mail_server() as mail, provider(clock.now) as theirs:
        named = [
            SignIn(name=name, issuer=theirs.issuer, client_id=CLIENT, secret_file=str(secret))
            for name in ("ours", "other")
        ]
        providers = Providers(sign_in=tuple(named), mail=mail.settings)
        async with registry_at(database_url, clock, providers=providers) as registry:
            for agent in (ALICE, BOB):
                await registry.register(agent)
            yield House(registry, theirs, mail)


async def test_who_signs_in_and_types_the_code_owns_the_agent(house: House) -> None:
    listed = await house.registry.get("/v1/registry/owner/providers")
    assert listed.json == {"providers": ["ours", "other", "email"]}
    begun = await house.begin(ALICE)
    proved = await house.prove(ALICE, begun, await house.code(begun))
    assert (proved.status, proved.json["tier"]) == (200, 1)
    found = (await house.registry.get(f"/v1/registry/lookup?amid={ALICE.amid}")).json
    assert found["tier"] == 1
    assert "u-1" not in str(found), "nobody is told who the owner is"


async def test_who_reads_the_letter_owns_the_agent(house: House) -> None:
    begun = await house.begin(ALICE, "email", address="Ann@Example.org")
    assert begun["url"] == ""
    ((to, text),) = house.mail.letters
    assert to == ["ann@example.org"]
    code = CODE.search(text)
    assert code is not None
    assert (await house.prove(ALICE, begun, code[0].lower())).json["tier"] == 1


async def test_a_link_alone_proves_nothing(house: House) -> None:
    """Mallory's agent begins, Alice is lured into signing in: without her code that is nothing."""
    begun = await house.begin(BOB)
    await house.code(begun, "alice")
    for guess in ("", "22222-22222", "ZZZZZ-ZZZZZ"):
        assert (await house.prove(BOB, begun, guess)).refusal == (403, "code_wrong")


async def test_a_code_works_for_the_agent_that_began_and_once(house: House) -> None:
    begun = await house.begin(ALICE)
    code = await house.code(begun)
    assert (await house.prove(BOB, begun, code)).refusal == (404, "attempt_unknown")
    assert (await house.prove(ALICE, begun, code)).status == 200
    assert (await house.prove(ALICE, begun, code)).refusal == (404, "attempt_unknown")


async def test_after_five_wrong_codes_the_right_one_is_too_late(house: House) -> None:
    begun = await house.begin(ALICE)
    code = await house.code(begun)
    for _ in range(5):
        assert (await house.prove(ALICE, begun, "22222-22222")).refusal == (403, "code_wrong")
    assert (await house.prove(ALICE, begun, code)).refusal == (404, "attempt_unknown")


async def test_an_attempt_is_over_after_ten_minutes(house: House, clock: FakeClock) -> None:
    begun = await house.begin(ALICE)
    late = await house.begin(ALICE)
    code = await house.code(begun)
    clock.advance(601)
    assert (await house.prove(ALICE, begun, code)).refusal == (404, "attempt_unknown")
    assert await house.code(late) == ""


async def test_a_state_is_used_once_and_by_its_own_provider(house: House) -> None:
    begun = await house.begin(ALICE)
    back = house.theirs.sign_in(begun["url"], "u-1")
    assert (await house.registry.get(back.replace("/ours?", "/other?"))).status == 400
    assert (await house.registry.get(back)).status == 400, "the state is spent"
    begun = await house.begin(ALICE)
    back = house.theirs.sign_in(begun["url"], "u-1")
    assert CODE.search((await house.registry.get(back)).raw.decode())
    assert (await house.registry.get(back)).status == 400


@pytest.mark.parametrize(
    "query", ["", "?state=x", "?code=x", "?state=x&code=y", "?error=access_denied&state=x"]
)
async def test_a_callback_that_nobody_began_is_a_page(house: House, query: str) -> None:
    page = await house.registry.get(f"/v1/registry/owner/callback/ours{query}")
    assert (page.status, page.headers["X-Frame-Options"]) == (400, "DENY")
    assert b"did not work" in page.raw


async def test_who_refuses_to_sign_in_proves_nothing(house: House) -> None:
    begun = await house.begin(ALICE)
    assert await house.code(begun, error="access_denied") == ""


@pytest.mark.parametrize(
    "claims", [{"aud": "another"}, {"nonce": "another"}, {"iss": "https://evil"}, {"sub": None}]
)
async def test_a_provider_that_lies_shows_no_code(house: House, claims: dict[str, object]) -> None:
    house.theirs.claims = claims
    assert await house.code(await house.begin(ALICE)) == ""


async def test_an_agent_keeps_its_owner_and_an_owner_may_have_many(house: House) -> None:
    for agent in (ALICE, BOB):
        begun = await house.begin(agent)
        assert (await house.prove(agent, begun, await house.code(begun))).status == 200
    begun = await house.begin(ALICE)
    taken = await house.prove(ALICE, begun, await house.code(begun, "u-2"))
    assert taken.refusal == (409, "owned_by_another")
    begun = await house.begin(ALICE)
    assert (await house.prove(ALICE, begun, await house.code(begun))).status == 200


async def test_nobody_is_flooded_with_letters(house: House) -> None:
    agents = [Registrant(f"agent {number}") for number in range(4)]
    for agent in agents:
        await house.registry.register(agent)
    asked = {"provider": "email", "address": "ann@example.org"}
    answers = [await house.registry.post(BEGIN, asked, agent) for agent in agents]
    assert [it.status for it in answers] == [200, 200, 200, 429]
    assert len(house.mail.letters) == 3


async def test_there_is_a_bound_for_one_agent(house: House) -> None:
    for _ in range(5):
        await house.begin(ALICE)
    full = await house.registry.post(BEGIN, {"provider": "ours"}, ALICE)
    assert full.refusal == (429, "too_many_attempts")


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"provider": "nobody"}, (404, "unknown_provider")),
        ({"provider": ""}, (404, "unknown_provider")),
        ({"provider": "email"}, (400, "invalid_address")),
        ({"provider": "email", "address": "a@b\nBcc: c@d"}, (400, "invalid_address")),
    ],
)
async def test_what_cannot_be_begun_is_said(
    house: House, asked: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert (await house.registry.post(BEGIN, asked, ALICE)).refusal == refusal


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own
async def test_a_provider_of_others_making_is_understood(
    sqlite_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESH_SECRET", SECRET)
    with oidc_provider_mock.run_server_in_thread() as server:
        issuer = f"http://localhost:{server.server_port}"
        clock.jump(SystemClock().now() - clock.now())
        mock = Providers(
            sign_in=(SignIn(name="mock", issuer=issuer, client_id="any", secret_env="MESH_SECRET"),)
        )
        async with registry_at(sqlite_url, clock, providers=mock) as registry:
            alice = Registrant("alice", clock.now())
            await registry.register(alice)
            begun = (await registry.post(BEGIN, {"provider": "mock"}, alice)).json
            async with (
                aiohttp.ClientSession() as browser,
                browser.post(begun["url"], data={"sub": "ann"}, allow_redirects=False) as answer,
            ):
                back = answer.headers["Location"]
            page = await registry.get(back.removeprefix(registry.url))
            code = CODE.search(page.raw.decode())
            assert code is not None, page.raw
            asked = {"attempt": begun["attempt"], "code": code[0]}
            assert (await registry.post(PROVE, asked, alice)).json["tier"] == 1


async def test_an_attempt_that_cannot_be_is_no_question_for_the_database(house: House) -> None:
    answer = await house.prove(ALICE, {"attempt": "a\0b"}, "code")
    assert answer.refusal == (400, "invalid_request")
