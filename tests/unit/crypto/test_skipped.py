from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto import skipped
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.skipped import Gap
from agentmesh.protocol.limits import SKIPPED_KEY_SECONDS


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def gap(first: int, last: int, at: float = 0.0) -> Gap:
    return Gap(first, at, 0, Secret(b"".join(map(key, range(first, last + 1)))))


@given(st.permutations([3, 4, 5, 6, 7, 11, 12, 20]))
def test_each_missing_frame_has_its_key_once_in_any_order(order: list[int]) -> None:
    gaps = (gap(3, 7), gap(11, 12), gap(20, 20))
    for left, number in zip(range(8, 0, -1), order, strict=True):
        assert skipped.count(gaps) == left
        found = skipped.take(gaps, number)
        assert found is not None
        gaps, taken = found
        assert taken == Secret(key(number))
        assert skipped.take(gaps, number) is None
    assert gaps == ()


def test_frames_beside_a_gap_are_not_missing() -> None:
    assert skipped.take((gap(3, 4),), 2) is None
    assert skipped.take((gap(3, 4),), 5) is None


def test_a_gap_is_forgotten_after_seven_days_and_not_before() -> None:
    gaps = (gap(1, 2, at=100.0), gap(5, 6, at=200.0))
    assert skipped.forget_old(gaps, 100.0 + SKIPPED_KEY_SECONDS) == gaps
    assert skipped.forget_old(gaps, 101.0 + SKIPPED_KEY_SECONDS) == (gaps[1],)


def test_what_remains_of_a_gap_keeps_its_time_and_its_epoch() -> None:
    found = skipped.take((Gap(1, 7.0, 4, Secret(key(1) + key(2) + key(3))),), 2)
    assert found is not None
    assert [(part.first, part.at, part.epoch) for part in found[0]] == [(1, 7.0, 4), (3, 7.0, 4)]
