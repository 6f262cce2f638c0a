import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.window import Window
from agentmesh.errors import CryptoError


def refusal(window: Window, number: int, most: int = 3) -> str:
    with pytest.raises(CryptoError) as caught:
        window.take(number, most)
    return caught.value.code


def test_a_number_counts_once() -> None:
    window = Window().take(1, 3).take(4, 3)
    assert window == Window(4, (2, 3))
    window = window.take(3, 3)
    assert window == Window(4, (2,))
    assert [refusal(window, number) for number in (0, 1, 3, 4)] == ["frame_replayed"] * 4


def test_as_many_may_be_missing_as_the_bound_says() -> None:
    assert Window().take(4, 3).missing == (1, 2, 3)
    assert refusal(Window(), 5) == "excessive_skip"
    assert refusal(Window().take(3, 3), 6) == "excessive_skip"
    assert refusal(Window(), 2**31) == "excessive_skip"


@given(st.permutations(range(1, 20)))
def test_in_any_order_all_come_and_nothing_is_missing(numbers: list[int]) -> None:
    window = Window()
    for number in numbers:
        window = window.take(number, 20)
        assert refusal(window, number, 20) == "frame_replayed"
    assert window == Window(19)
