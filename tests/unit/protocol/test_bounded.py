"""What a peer gives as a reason is a code, or says nothing."""

import pytest

from agentmesh.protocol.bounded import reason_of


@pytest.mark.parametrize("word", ["busy", "session_expired", "a", "x2"])
def test_a_code_is_taken_as_it_is(word: str) -> None:
    assert reason_of(word) == word


@pytest.mark.parametrize("word", ["", "Busy", "two words", "busy\n", "a" * 33, "1st", "\u0430bc"])
def test_what_is_no_code_says_nothing(word: str) -> None:
    assert reason_of(word) == "other"
