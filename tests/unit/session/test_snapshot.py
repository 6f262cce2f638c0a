"""States to bytes and back; those of every released version load for ever."""

import base64
import json
from pathlib import Path

import pytest

from agentmesh.errors import IntegrityError
from agentmesh.session import snapshot
from agentmesh.session.states import Open
from tests.support.session_states import examples

FROZEN = Path(__file__).parents[2] / "vectors" / "session_states_v1.json"


@pytest.mark.parametrize("name", list(examples()))
def test_a_state_survives_being_saved(name: str) -> None:
    state = examples()[name].state
    assert snapshot.load(snapshot.save(state)) == state


@pytest.mark.parametrize("name", list(json.loads(FROZEN.read_text())["states"]))
def test_a_state_saved_by_version_one_still_loads(name: str) -> None:
    kept = json.loads(FROZEN.read_text())["states"][name]
    state = snapshot.load(base64.b64decode(kept["state"]))
    assert type(state).__name__ == kept["kind"]
    assert state.terms.session_id == kept["session_id"]
    if isinstance(state, Open):
        assert (state.next_sequence, state.received.up_to) == (
            kept["next_sequence"],
            kept["received"],
        )


def test_a_state_of_an_unknown_version_is_not_guessed_at() -> None:
    with pytest.raises(IntegrityError) as caught:
        snapshot.load(b"\x03" + snapshot.save(examples()["Resolving"].state)[1:])
    assert caught.value.code == "state_version"
    with pytest.raises(IntegrityError):
        snapshot.load(b"")


@pytest.mark.parametrize(
    "damaged",
    [
        version + rest
        for version in (b"\x01", b"\x02")
        for rest in (b"", b"\xc1", b"\x80", b"\x81\xa4type\xa1x")
    ],
)
def test_a_damaged_state_is_no_state(damaged: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        snapshot.load(damaged)
    assert caught.value.code == "state_malformed"


def test_a_saved_state_cut_anywhere_is_no_state() -> None:
    whole = snapshot.save(examples()["Open"].state)
    for length in range(1, len(whole), 97):
        with pytest.raises(IntegrityError):
            snapshot.load(whole[:length])
