"""Who is new shows work first: before any signature is looked at, and more of it in a flood."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from agentmesh_registry import stamps
from agentmesh_registry.stamps import CALM, StampNeeded, Stamps

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.limits import MAX_STAMP_BITS, SIGNATURE_MAX_AGE
from agentmesh.protocol.requests import Request
from agentmesh.protocol.stamps import HEADER, Claim, made
from tests.support.asking import Answer, Asker, registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ALICE, BOB = Registrant("alice"), Registrant("bob")
HERE = "https://registry.example"
LEAST = 8


@pytest.fixture
def judge(clock: FakeClock) -> Stamps:
    return Stamps(LEAST, (HERE, "https://second.example"), clock)


def stamp(agent: Registrant, clock: FakeClock, bits: int = LEAST, at: str = HERE) -> str:
    it = made(Claim(at, agent.amid, int(clock.now())), bits, 0, 1 << 24)
    assert it is not None
    return it.text


def test_a_good_stamp_is_good_once(judge: Stamps, clock: FakeClock) -> None:
    shown = stamp(ALICE, clock)
    judge.check(ALICE.amid, shown)
    with pytest.raises(RemoteProtocolError) as caught:
        judge.check(ALICE.amid, shown)
    assert caught.value.code == "replayed"
    judge.check(BOB.amid, stamp(BOB, clock, at="https://second.example"))


def test_what_is_no_good_stamp_is_told_what_is_asked(judge: Stamps, clock: FakeClock) -> None:
    old = stamp(ALICE, clock)
    clock.advance(SIGNATURE_MAX_AGE + 1)
    bad = [
        "",
        "nonsense",
        old,
        stamp(BOB, clock),
        stamp(ALICE, clock, at="https://other.example"),
        stamp(ALICE, clock, bits=LEAST - 1),
        f"{LEAST}:{int(clock.now())}:1",
        f"99:{int(clock.now())}:1",
    ]
    for shown in bad:
        with pytest.raises(StampNeeded) as caught:
            judge.check(ALICE.amid, shown)
        assert caught.value.bits == LEAST
    print(f"forged stamps refused: {len(bad)}")


def test_a_flood_makes_it_dearer_and_calm_cheap_again(judge: Stamps, clock: FakeClock) -> None:
    for number in range(8 * CALM):
        judge.registered(Registrant(f"new {number}").amid, is_new=True)
    assert judge.bits() == LEAST + 3
    with pytest.raises(StampNeeded):
        judge.check(ALICE.amid, stamp(ALICE, clock))
    judge.check(BOB.amid, stamp(BOB, clock, bits=LEAST + 2))  # it rose while this was made
    clock.advance(600)
    assert judge.bits() == LEAST
    judge.check(ALICE.amid, stamp(ALICE, clock))


def test_there_is_an_end_to_it(clock: FakeClock) -> None:
    judge = Stamps(MAX_STAMP_BITS - 1, (HERE,), clock)
    for _ in range(CALM * 64):
        judge.registered(ALICE.amid, is_new=True)
    assert judge.bits() == MAX_STAMP_BITS


def test_who_is_known_shows_none(judge: Stamps) -> None:
    judge.registered(ALICE.amid, is_new=False)
    judge.check(ALICE.amid, "")


def test_what_is_remembered_has_a_bound(
    judge: Stamps, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "_MAX_KEPT", 3)
    for number in range(5):
        agent = Registrant(f"number {number}")
        judge.check(agent.amid, stamp(agent, clock))
        judge.registered(agent.amid, is_new=True)
    assert len(judge._used) == len(judge._known) == 3
    clock.advance(SIGNATURE_MAX_AGE + 100)
    judge.check(ALICE.amid, stamp(ALICE, clock))
    assert len(judge._used) == 1


def test_a_registry_without_stamps_asks_for_none(clock: FakeClock) -> None:
    judge = Stamps(0, (HERE,), clock)
    judge.registered(BOB.amid, is_new=True)
    assert judge.bits() == 0
    judge.check(ALICE.amid, "")


# --- over HTTP --------------------------------------------------------------------------------


@pytest.fixture
async def stamped(database_url: str, clock: FakeClock) -> AsyncIterator[Asker]:
    async with registry_at(database_url, clock, stamp_bits=LEAST) as asker:
        yield asker


async def _register(registry: Asker, shown: str, record: bytes | None = None) -> Answer:
    body = msgspec.json.encode({"record": record or msgspec.msgpack.encode(ALICE.record())})
    request = Request(registry.url, "POST", "/v1/registry/register", body)
    headers = {"Authorization": registry.authorization(ALICE, request), HEADER: shown}
    return await registry.send("POST", request.target, body, headers)


async def test_the_bits_are_told_in_the_problem(stamped: Asker, clock: FakeClock) -> None:
    refused = await _register(stamped, "")
    assert refused.refusal == (428, "stamp_needed")
    assert refused.json["stamp_bits"] == LEAST
    answer = await _register(stamped, stamp(ALICE, clock, at=stamped.url))
    assert answer.status == 201, answer.raw
    assert (await _register(stamped, "")).status == 200, "an update shows none"


async def test_a_stamp_is_asked_for_before_anything_is_verified(
    stamped: Asker, clock: FakeClock
) -> None:
    assert (await _register(stamped, "", b"no record at all")).refusal == (428, "stamp_needed")
    shown = stamp(ALICE, clock, at=stamped.url)
    assert (await _register(stamped, shown, b"no record at all")).status == 400
    assert (await _register(stamped, shown)).refusal == (401, "replayed")
