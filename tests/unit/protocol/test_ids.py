"""AMIDs follow from keys; UUIDv7 ids follow the time."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.protocol import base58
from agentmesh.protocol.ids import amid_of, did_of, id_time, parse_amid, uuid7
from tests.support.world import FakeEntropy

AMIDS = {
    # The public keys of RFC 8032, section 7.1, TEST 1 to 3.
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a": (
        "UU7vp1MiYgmGysytAnPhkNsFuu4"
    ),
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c": (
        "oqc4yn5JaCT5EMWQJx7St2PHsZ1"
    ),
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025": (
        "43m4Pef5QKhUduSF59P8sXgsGRDK"
    ),
    # The first numbers whose hash begins with one zero byte, and with two.
    f"{98:064x}": "145dfDymjoYnHXqXmd97LpmRqCf",
    f"{97_269:064x}": "11A1wwnpRtfs3RtYWjwDHkK29R6",
}
ALICE = amid_of(bytes(range(32)))


@pytest.mark.parametrize(("key", "amid"), AMIDS.items(), ids=AMIDS.values())
def test_an_amid_follows_from_the_key(key: str, amid: str) -> None:
    assert amid_of(bytes.fromhex(key)) == amid
    assert parse_amid(amid) == amid
    assert len(base58.decode(amid)) == 20


def test_a_did_is_read_as_its_amid() -> None:
    assert did_of(ALICE) == f"did:agentmesh:{ALICE}"
    assert parse_amid(did_of(ALICE)) == ALICE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did:agentmesh:",
        "alice",
        ALICE[:20],
        ALICE + "1",
        "1" + ALICE,
        " " + ALICE,
        ALICE + "\n",
        ALICE.replace(ALICE[3], "0"),
        f"did:web:{ALICE}",
        f"did:agentmesh:did:agentmesh:{ALICE}",
        f"DID:AGENTMESH:{ALICE}",
        "1" * 21,
        "z" * 100_000,
        "\ud800",
    ],
)
def test_what_is_no_amid_is_refused_and_briefly_quoted(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_amid(text)
    assert caught.value.code == "invalid_amid"
    assert len(caught.value.message) < 500
    assert "agentmesh status" in caught.value.hint


def test_a_uuid_has_the_layout_of_the_rfc() -> None:
    # RFC 9562, appendix A.6: the bits that version and variant take are set here, and overwritten.
    drawn = bytes.fromhex("fcc3d8c4dc0c0c07398f")
    assert uuid7(1_645_557_742.0, lambda _: drawn) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(st.floats(0, 2**48 / 1000 - 1), st.binary(min_size=10, max_size=10))
def test_every_uuid_is_a_seven_and_tells_its_time(now: float, drawn: bytes) -> None:
    made = uuid.UUID(uuid7(now, lambda _: drawn))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(now * 1000)


@given(st.integers(0, 2**47), st.integers(1, 2**20))
def test_later_ones_sort_later(milliseconds: int, later: int) -> None:
    largest, smallest = b"\xff" * 10, bytes(10)
    before = uuid7(milliseconds / 1000, lambda _: largest)
    # Half a millisecond more: a quotient of two numbers may lie a little below.
    after = uuid7((milliseconds + later + 0.5) / 1000, lambda _: smallest)
    assert before < after


def test_two_of_one_moment_differ() -> None:
    entropy = FakeEntropy()
    assert len({uuid7(1_800_000_000.0, entropy) for _ in range(1000)}) == 1000


@given(st.floats(0, 2**48 / 1000 - 1), st.binary(min_size=10, max_size=10))
def test_an_id_begins_with_its_time_and_sorts_by_it(now: float, random: bytes) -> None:
    made = uuid7(now, lambda _: random)
    assert made.startswith(id_time(now))
    assert id_time(now) < made < id_time(now + 0.002)
