"""Going to a provider and coming back, against one that can lie."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from agentmesh_registry.owners.providers import SignIn
from agentmesh_registry.owners.sign_in import SignInDesk, Trip

from agentmesh.errors import AgentMeshError
from tests.support.identity_provider import CLIENT, SECRET, IdentityProvider, provider
from tests.support.world import FakeClock

TRIP = Trip(state="s" * 43, nonce="n" * 43, verifier="v" * 43)
CALLBACK = "https://registry.example/v1/registry/owner/callback/ours"


@pytest.fixture
async def theirs() -> AsyncIterator[IdentityProvider]:
    async with provider(FakeClock().now) as made:
        yield made


@pytest.fixture
def desk(theirs: IdentityProvider, tmp_path: Path) -> SignInDesk:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    ours = SignIn(name="ours", issuer=theirs.issuer, client_id=CLIENT, secret_file=str(secret))
    return SignInDesk(ours, FakeClock())


async def come_back(desk: SignInDesk, theirs: IdentityProvider, trip: Trip = TRIP) -> str:
    address = await desk.address(TRIP, CALLBACK)
    back = parse_qs(urlsplit(theirs.sign_in(address, "u-1")).query)
    return await desk.subject(trip, CALLBACK, back["code"][0], back.get("iss", [""])[0])


async def refusal(desk: SignInDesk, theirs: IdentityProvider, trip: Trip = TRIP) -> str:
    with pytest.raises(AgentMeshError) as caught:
        await come_back(desk, theirs, trip)
    return caught.value.code


async def test_who_signs_in_is_told_with_state_nonce_and_proof_key(
    desk: SignInDesk, theirs: IdentityProvider
) -> None:
    asked = parse_qs(urlsplit(await desk.address(TRIP, CALLBACK)).query)
    assert asked["state"] == [TRIP.state]
    assert asked["nonce"] == [TRIP.nonce]
    assert asked["code_challenge_method"] == ["S256"]
    assert TRIP.verifier not in str(asked)
    assert await come_back(desk, theirs) == "u-1"
    assert theirs.refused == []


async def test_a_code_without_our_proof_key_is_worthless(
    desk: SignInDesk, theirs: IdentityProvider
) -> None:
    stolen = Trip(state=TRIP.state, nonce=TRIP.nonce, verifier="w" * 43)
    assert await refusal(desk, theirs, stolen) == "provider_failed"
    assert theirs.refused == ["pkce"]


async def test_a_token_of_another_sign_in_is_refused(
    desk: SignInDesk, theirs: IdentityProvider
) -> None:
    other = Trip(state=TRIP.state, nonce="m" * 43, verifier=TRIP.verifier)
    assert await refusal(desk, theirs, other) == "id_token_invalid"


async def test_a_provider_that_calls_itself_otherwise_is_not_gone_to(
    desk: SignInDesk, theirs: IdentityProvider
) -> None:
    theirs.metadata["issuer"] = "https://evil.example"
    assert await refusal(desk, theirs) == "issuer_mixed_up"


@pytest.mark.parametrize("issuer", ["", "https://evil.example"])
async def test_whose_answers_name_their_issuer_must_name_the_right_one(
    desk: SignInDesk, theirs: IdentityProvider, issuer: str
) -> None:
    theirs.metadata["authorization_response_iss_parameter_supported"] = True
    address = await desk.address(TRIP, CALLBACK)
    code = parse_qs(urlsplit(theirs.sign_in(address, "u-1")).query)["code"][0]
    with pytest.raises(AgentMeshError, match="Another provider"):
        await desk.subject(TRIP, CALLBACK, code, issuer)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("url", ["http://evil.example/", "file:///etc/passwd", 7, None])
async def test_an_endpoint_that_is_not_safe_is_not_used(
    desk: SignInDesk, theirs: IdentityProvider, name: str, url: object
) -> None:
    theirs.metadata[name] = url
    assert await refusal(desk, theirs) == "provider_failed"


async def test_a_provider_without_keys_or_tokens_proves_nothing(
    desk: SignInDesk, theirs: IdentityProvider
) -> None:
    theirs.keys = {}
    assert await refusal(desk, theirs) == "id_token_invalid"
