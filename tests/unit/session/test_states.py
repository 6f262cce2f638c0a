"""What a session can be."""

from agentmesh.session.states import Ended, Open
from tests.support.session_states import examples


def test_an_ended_session_keeps_what_repetitions_are_answered_with() -> None:
    state = examples()["Open"].state
    assert isinstance(state, Open)
    ended = state.ended("completed", by_peer=True)
    assert isinstance(ended, Ended)
    assert (ended.cipher, ended.received, ended.consumed) == (
        state.cipher,
        state.received,
        state.consumed,
    )
    assert (ended.reason, ended.by_peer, ended.terms) == ("completed", True, state.terms)
