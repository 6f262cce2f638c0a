from dataclasses import dataclass

import pytest
from agentmesh_relay.door import Door

from agentmesh.errors import RemoteProtocolError
from agentmesh.observability.world import system_entropy
from agentmesh.protocol.relay_frames import Connect
from agentmesh.protocol.signed import Signed
from tests.support.relay_client import amid_called, claim_for, key_of

ORIGIN = "wss://relay.example.org"
NOW = 1_800_000_000.0
ALICE = key_of("alice")


@dataclass
class StillClock:
    at: float = NOW

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at


def door(at: float = NOW) -> Door:
    return Door(ORIGIN, StillClock(at), system_entropy)


def code_of(connect: Connect, challenge_of: Door) -> str:
    with pytest.raises(RemoteProtocolError) as caught:
        challenge_of.admit(connect, challenge_of.challenge())
    return caught.value.code


def test_a_good_answer_says_who_it_is() -> None:
    challenge = door().challenge()
    claim = claim_for(challenge, ALICE, timestamp=int(NOW * 1000))
    assert door().admit(claim, challenge) == amid_called("alice")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amid": amid_called("bob")}, "AMID_MISMATCH"),
        ({"protocol": "agentmesh/0.2"}, "PROTOCOL_MISMATCH"),
        ({"relay": "wss://other.example.org"}, "UNAUTHORIZED"),
        ({"nonce": bytes(32)}, "UNAUTHORIZED"),
        ({"timestamp": int((NOW - 301) * 1000)}, "TIMESTAMP_EXPIRED"),
        ({"timestamp": int((NOW + 61) * 1000)}, "TIMESTAMP_EXPIRED"),
    ],
)
def test_a_claim_that_is_not_quite_right_is_refused(changes: dict[str, object], code: str) -> None:
    challenge = door().challenge()
    claim = claim_for(challenge, ALICE, **{"timestamp": int(NOW * 1000), **changes})
    with pytest.raises(RemoteProtocolError) as caught:
        door().admit(claim, challenge)
    assert caught.value.code == code


@pytest.mark.parametrize("age", [-59, 0, 299])
def test_clocks_may_differ_a_little(age: float) -> None:
    challenge = door().challenge()
    claim = claim_for(challenge, ALICE, timestamp=int((NOW - age) * 1000))
    assert door().admit(claim, challenge) == amid_called("alice")


def test_an_answer_to_one_challenge_is_no_answer_to_another() -> None:
    claim = claim_for(door().challenge(), ALICE, timestamp=int(NOW * 1000))
    assert code_of(claim, door()) == "UNAUTHORIZED"


def test_each_bit_of_the_signature_counts() -> None:
    challenge = door().challenge()
    good = claim_for(challenge, ALICE, timestamp=int(NOW * 1000)).signed
    for bit in range(0, 512, 7):
        broken = bytearray(good.signature)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(RemoteProtocolError) as caught:
            door().admit(
                Connect(signed=Signed(good.payload, good.signer, bytes(broken))), challenge
            )
        assert caught.value.code == "INVALID_SIGNATURE"


def test_challenges_never_repeat() -> None:
    assert len({door().challenge().nonce for _ in range(100)}) == 100
