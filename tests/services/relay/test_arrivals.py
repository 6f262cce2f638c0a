"""Strangers at the door: nothing but a good answer to the challenge lets anybody in."""

import asyncio

import pytest

from agentmesh.protocol.relay_frames import Ack, Challenge, Connected, Disconnect, Failure
from tests.support.processes import Program
from tests.support.relay_client import agent, amid_called, claim_for, key_of, message, stranger

ALICE = key_of("alice")


async def test_the_challenge_names_the_relay_and_its_time(url: str) -> None:
    async with stranger(url) as client:
        challenge = await client.hear(Challenge)
        assert challenge.relay == url.removesuffix("/v1/connect")
        assert len(challenge.nonce) == 32
        assert "agentmesh/1.0" in challenge.protocols


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amid": amid_called("bob")}, "AMID_MISMATCH"),
        ({"relay": "wss://elsewhere.example.org"}, "UNAUTHORIZED"),
        ({"timestamp": 1}, "TIMESTAMP_EXPIRED"),
        ({"protocol": "agentmesh/9"}, "PROTOCOL_MISMATCH"),
    ],
)
async def test_a_wrong_claim_is_answered_with_its_reason(
    url: str, changes: dict[str, object], code: str
) -> None:
    async with stranger(url) as client:
        await client.say(claim_for(await client.hear(Challenge), ALICE, **changes))
        assert (await client.hear(Failure)).code == code
        assert (await client.hear(Disconnect)).reason == code.lower()
        await client.closed()


async def test_a_replayed_claim_lets_nobody_in(url: str) -> None:
    async with stranger(url) as client:
        overheard = claim_for(await client.hear(Challenge), ALICE)
        await client.say(overheard)
        await client.hear(Connected)
    async with stranger(url) as client:
        await client.hear(Challenge)
        await client.say(overheard)
        assert (await client.hear(Failure)).code == "UNAUTHORIZED"


@pytest.mark.parametrize(
    "frame", [Ack(deliveries=(1,)), message(amid_called("bob"), "1")], ids=["ack", "send"]
)
async def test_nothing_is_done_for_whoever_has_not_connected(url: str, frame: object) -> None:
    async with stranger(url) as client:
        await client.hear(Challenge)
        await client.say(frame)  # type: ignore[arg-type]
        assert (await client.hear(Failure)).code == "UNAUTHORIZED"
        await client.closed()


async def test_a_claim_twice_on_one_connection_ends_it(url: str) -> None:
    async with stranger(url) as client:
        claim = claim_for(await client.hear(Challenge), ALICE)
        await client.say(claim)
        await client.hear(Connected)
        await client.say(claim)
        assert (await client.hear(Failure)).code == "INVALID_MESSAGE"
        await client.closed()


async def test_a_flood_of_bad_claims_does_not_keep_honest_agents_out(url: str) -> None:
    async def knock_in_vain() -> str:
        async with stranger(url) as client:
            await client.say(claim_for(await client.hear(Challenge), ALICE, nonce=bytes(32)))
            return (await client.hear(Failure)).code

    async def be_honest() -> str:
        async with agent(url, "bob") as bob, agent(url, "carol", "bob"):
            return (await bob.send(message(amid_called("carol"), "1"))).outcome

    vain = [knock_in_vain() for _ in range(100)]
    outcome, *codes = await asyncio.gather(be_honest(), *vain)
    assert outcome == "forwarded"
    assert set(codes) == {"UNAUTHORIZED"}


async def test_a_relay_that_goes_down_asks_for_no_more_than_some_patience(
    relay: Program, url: str
) -> None:
    async with agent(url, "alice") as alice:
        relay.process.terminate()
        failure = await alice.hear(Failure)
        assert (failure.code, failure.retry_after_seconds) == ("SHUTTING_DOWN", 1)
        await alice.closed()
