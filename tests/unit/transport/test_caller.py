import pytest

from agentmesh.errors import TransportError
from agentmesh.protocol import signed
from agentmesh.protocol.limits import PROTOCOL
from agentmesh.protocol.relay_frames import Challenge, ConnectClaim
from agentmesh.protocol.signed import Purpose
from tests.support.incoming import caller_called
from tests.support.relay_client import amid_called

ORIGIN = "wss://relay.example.org"


def challenge(relay: str = ORIGIN, protocols: tuple[str, ...] = (PROTOCOL,)) -> Challenge:
    return Challenge(nonce=b"n" * 32, relay=relay, time=0, protocols=protocols)


def test_the_answer_names_the_relay_and_its_nonce() -> None:
    answer = caller_called("alice").answer(challenge(), ORIGIN)
    claim = signed.read(answer.signed, ConnectClaim, Purpose.CONNECT)
    assert (claim.amid, claim.relay, claim.nonce) == (amid_called("alice"), ORIGIN, b"n" * 32)


def test_a_challenge_of_another_relay_is_not_signed() -> None:
    with pytest.raises(TransportError) as caught:
        caller_called("alice").answer(challenge("wss://other.example.org"), ORIGIN)
    assert caught.value.code == "relay_origin_mismatch"


def test_a_relay_of_another_protocol_gets_no_answer() -> None:
    with pytest.raises(TransportError) as caught:
        caller_called("alice").answer(challenge(protocols=("agentmesh/9",)), ORIGIN)
    assert caught.value.code == "protocol_mismatch"
