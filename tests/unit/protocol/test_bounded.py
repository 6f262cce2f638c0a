"""What a peer gives as a reason is a code, or says nothing; a time is one that can be written."""

import msgspec
import pytest

from agentmesh.protocol.bounded import Milliseconds, reason_of
from agentmesh.protocol.limits import LAST_MILLISECOND
from agentmesh.protocol.times import to_text


@pytest.mark.parametrize("word", ["busy", "session_expired", "a", "x2"])
def test_a_code_is_taken_as_it_is(word: str) -> None:
    assert reason_of(word) == word


@pytest.mark.parametrize("word", ["", "Busy", "two words", "busy\n", "a" * 33, "1st", "\u0430bc"])
def test_what_is_no_code_says_nothing(word: str) -> None:
    assert reason_of(word) == "other"


def test_every_time_on_the_wire_can_be_written_down() -> None:
    for milliseconds in (0, LAST_MILLISECOND):
        assert to_text(msgspec.convert(milliseconds, Milliseconds) / 1000)
    for milliseconds in (-1, LAST_MILLISECOND + 1, 2**53):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(milliseconds, Milliseconds)
