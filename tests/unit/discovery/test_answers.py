"""What a registry answers is believed only as far as it is proved."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.bundle import verify_bundle
from agentmesh.discovery.answers import AgentAnswer, checked_bundle, decoded, failure, found
from agentmesh.discovery.interface import RateLimited
from agentmesh.errors import (
    AgentMeshError,
    CryptoError,
    Refused,
    RemoteProtocolError,
    TransportError,
)
from agentmesh.protocol.records import KemPrekey
from agentmesh.protocol.signed import Purpose, Signed, sign
from tests.support.registrant import DAY, NOW, Registrant

ALICE, BOB = Registrant("alice"), Registrant("bob")


def answer(signed: Signed, **said: object) -> AgentAnswer:
    fields = {
        "record": msgspec.msgpack.encode(signed),
        "tier": 2,
        "reputation_score": 0.5,
        "ratings_count": 0,
        "reputation_status": "unrated",
        "status": "online",
        **said,
    }
    return decoded(msgspec.json.encode(fields), AgentAnswer)


def test_an_agent_is_read_from_its_own_record() -> None:
    agent = found(answer(ALICE.record(), last_seen="2027-01-15T08:00:00.000Z"), NOW)
    assert (agent.amid, agent.signing_key) == (ALICE.amid, ALICE.public)
    assert (agent.exchange_key.key, agent.tier, agent.last_seen) == (b"x" * 32, 2, NOW)


@pytest.mark.parametrize(
    "signed",
    [
        sign(ALICE.plain_record(), Purpose.RECORD, BOB.key),
        sign(ALICE.plain_record(), Purpose.KNOCK, ALICE.key),
        ALICE.record(exchange_key=BOB.exchange_key()),
    ],
    ids=["other signer", "other purpose", "other exchange key"],
)
def test_a_record_that_its_agent_did_not_sign_is_none(signed: Signed) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        found(answer(signed), NOW)
    assert caught.value.code == "record_invalid"


def test_a_time_that_is_none_makes_a_record_that_is_none() -> None:
    with pytest.raises(RemoteProtocolError):
        found(answer(ALICE.record(), last_seen="yesterday"), NOW)


def test_an_expired_record_finds_nobody() -> None:
    with pytest.raises(Refused) as caught:
        found(answer(ALICE.record()), NOW + 30 * DAY)
    assert caught.value.code == "agent_not_found"


def test_a_good_bundle_passes() -> None:
    assert checked_bundle(ALICE.bundle(1), ALICE.amid) == verify_bundle(ALICE.bundle(1), ALICE.amid)


def test_a_bundle_of_somebody_else_is_refused() -> None:
    for bundle in (
        BOB.bundle(),
        msgspec.structs.replace(BOB.bundle(), identity=ALICE.public),
        msgspec.structs.replace(ALICE.bundle(), kem_prekey=BOB.bundle().kem_prekey),
    ):
        with pytest.raises(RemoteProtocolError) as caught:
            checked_bundle(bundle, ALICE.amid)
        assert caught.value.code == "bundle_invalid"


def test_a_key_that_is_none_is_its_agents_own_fault() -> None:
    prekey = KemPrekey(amid=ALICE.amid, id=1, key=b"\xff" * 1184, created_at=1)
    signed = sign(prekey, Purpose.KEM_PREKEY, ALICE.key)
    with pytest.raises(CryptoError) as caught:
        checked_bundle(msgspec.structs.replace(ALICE.bundle(), kem_prekey=signed), ALICE.amid)
    assert caught.value.code == "kem_key_invalid"


def problem(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_a_refusal_keeps_its_code_and_hint() -> None:
    error = failure(409, problem(code="stale_record", detail="Older.", hint="Sign\x1b[0m again."))
    assert isinstance(error, Refused)
    assert (error.code, error.message, error.hint) == ("stale_record", "Older.", "Sign[0m again.")


@pytest.mark.parametrize(("said", "believed"), [(7, 7), (0, 1), (-5, 1), (10**9, 3600)])
def test_too_often_says_when_to_come_again(said: int, believed: int) -> None:
    error = failure(429, problem(code="rate_limited", retry_after_seconds=said))
    assert isinstance(error, RateLimited)
    assert error.retry_after == believed


def test_a_registry_in_trouble_is_tried_again_later() -> None:
    error = failure(503, b"<html>")
    assert isinstance(error, TransportError)
    assert error.code == "registry_unavailable"


@pytest.mark.parametrize("body", [b"", b"<html>", problem(code="<b>"), problem(code="a" * 65)])
def test_what_does_not_speak_like_a_registry_is_named(body: bytes) -> None:
    error = failure(404, body)
    assert isinstance(error, RemoteProtocolError)
    assert error.code == "registry_malformed"


@given(st.integers(300, 599), st.binary(max_size=100))
def test_any_failure_is_one_of_ours(status: int, body: bytes) -> None:
    assert isinstance(failure(status, body), AgentMeshError)


@given(st.binary(max_size=100))
def test_rubbish_is_the_registrys_fault(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        decoded(body, AgentAnswer)
