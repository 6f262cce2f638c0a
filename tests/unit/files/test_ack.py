import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.files.ack import MAX_ACK_BYTES, MAX_RUNS, Ack, decode_ack, encode_ack


def test_what_was_said_is_heard() -> None:
    ack = Ack(2, 7, "disk_full", ((0, 3), (5, 6)))
    assert decode_ack(encode_ack(ack), 6) == ack


def test_the_longest_fits() -> None:
    runs = tuple(
        (2**31 - 2 * MAX_RUNS + 2 * n - 1, 2**31 - 2 * MAX_RUNS + 2 * n) for n in range(100)
    )
    said = encode_ack(Ack(2**53, 2**53, "disk_full", runs))
    assert len(said) <= MAX_ACK_BYTES
    assert decode_ack(said, 2**31).runs == runs


@pytest.mark.parametrize("runs", [[(1, 1)], [(2, 1)], [(0, 7)], [(0, 2), (2, 3)], [(4, 5), (0, 1)]])
def test_runs_that_cannot_be_are_refused(runs: list[tuple[int, int]]) -> None:
    with pytest.raises(RemoteProtocolError, match="ack_out_of_range"):
        decode_ack(msgspec.msgpack.encode([1, 1, "", runs]), 6)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode([1, 1]),
        msgspec.msgpack.encode([1, -1, "", []]),
        msgspec.msgpack.encode([1, 1, "", [(0, 1)] * 101]),
        msgspec.msgpack.encode([1, 1, "x" * 33, []]),
        msgspec.msgpack.encode([1, 1, "", []]) + bytes(MAX_ACK_BYTES),
    ],
)
def test_what_is_no_ack_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="ack_malformed"):
        decode_ack(data, 6)


def test_a_mood_of_a_later_version_is_none() -> None:
    assert decode_ack(msgspec.msgpack.encode([1, 1, "tired", []]), 6).mood == ""
