"""What somebody wrapped is seen as it was before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.policy.unwrapping import plain, unwrapped
from tests.support.disguises import DISGUISES

WORDS = "sentence of words"
NOT_SEEN = {"first_half", "second_half"}


@pytest.mark.parametrize("way", sorted(set(DISGUISES) - NOT_SEEN))
def test_every_usual_disguise_is_seen_through(way: str) -> None:
    wrapped = DISGUISES[way](WORDS)
    seen = unwrapped(plain(f"It is {wrapped} and so on"))
    bare = WORDS.replace(" ", "")
    assert any(WORDS in it or bare in it for it in seen)


@pytest.mark.parametrize("text", ["100 % of it", "%", "%zz", "%4", "50%ff", "a%20b"])
def test_a_percent_sign_that_stands_for_itself_does_no_harm(text: str) -> None:
    assert text in unwrapped(text)


@given(st.text())
def test_any_text_is_among_what_it_says(text: str) -> None:
    assert plain(text) in unwrapped(plain(text))


def test_what_is_plain_stays_as_it_is() -> None:
    assert plain("a line\n\tand another, with ~ and \\") == "a line\n\tand another, with ~ and \\"
