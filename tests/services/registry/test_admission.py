"""Whether a record may be kept."""

import msgspec
import pytest
from agentmesh_registry.admission import admit
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import AgentMeshError
from agentmesh.protocol.limits import LAST_MILLISECOND
from tests.support.registrant import DAY, NOW, Registrant

ALICE = Registrant("alice")
MS = int(NOW * 1000)


def admitted(*capabilities: str, **changes: object) -> object:
    return admit(msgspec.msgpack.encode(ALICE.record(1, *capabilities, **changes)), MS)


def test_a_good_record_is_ready_to_be_kept() -> None:
    new = admit(msgspec.msgpack.encode(ALICE.record(7, "travel/flights", "travel")), MS)
    assert (new.amid, new.sequence, new.signing_key) == (ALICE.amid, 7, ALICE.public)
    assert new.words == {("travel", "flights"), ("travel", "")}


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": MS},
        {"expires_at": LAST_MILLISECOND},
        {"published_at": MS + 61_000},
        {"relay_endpoint": ""},
        {"relay_endpoint": "javascript:alert(1)"},
        {"relay_endpoint": "ws://user@relay"},
        {"relay_endpoint": "ws://["},
        {"relay_endpoint": "ws://a\nb"},
        {"relay_endpoint": "wss://a..b"},
        {"relay_endpoint": f"wss://{'a' * 64}.example"},
        {"direct_endpoint": "\0"},
    ],
    ids=str,
)
def test_what_cannot_be_used_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(AgentMeshError) as caught:
        admitted(**changes)
    assert caught.value.code == "invalid_record"


def test_a_capability_has_a_form() -> None:
    with pytest.raises(AgentMeshError) as caught:
        admitted("travel to mars")
    assert caught.value.code == "invalid_category"


def test_a_record_may_live_for_years() -> None:
    assert admitted(expires_at=MS + 3650 * DAY * 1000)


@given(st.binary(max_size=300))
def test_rubbish_is_named(data: bytes) -> None:
    with pytest.raises(AgentMeshError) as caught:
        admit(data, MS)
    assert caught.value.code in {"document_malformed", "signature_invalid"}


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_no_flipped_bit_is_accepted(position: int, bit: int) -> None:
    data = bytearray(msgspec.msgpack.encode(ALICE.record()))
    data[position % len(data)] ^= 1 << bit
    with pytest.raises(AgentMeshError):
        admit(bytes(data), MS)
