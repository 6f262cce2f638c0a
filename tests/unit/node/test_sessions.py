"""Which session a message travels in."""

import msgspec
import pytest
from msgspec.structs import replace

from agentmesh.errors import UsageError
from agentmesh.node.sessions import choose, find_other
from agentmesh.node.turn import Talk, Turn, Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import MessageId, SessionId
from agentmesh.session.states import Answered, AnyState, Knocking
from tests.support.session_states import ALICE, BOB, examples

WISH = Wish(intent=Intent(category="communication"), request=SessionRequest())


def talks(*names: str, ours: bool = True, expires_at: float = 100) -> dict[SessionId, Talk]:
    found: dict[SessionId, Talk] = {}
    for place, name in enumerate(names):
        state: AnyState = examples()[name].state
        terms = msgspec.structs.replace(state.terms, ours=ours)
        found[SessionId(f"{name} {place}")] = Talk(
            msgspec.structs.replace(state, terms=terms), place, expires_at
        )
    return found


def test_an_open_session_comes_before_one_that_is_asked_for() -> None:
    assert choose(talks("Resolving", "Open", "Knocking"), WISH, now=1) == "Open 1"
    assert choose(talks("Resolving", "Knocking"), WISH, now=1) == "Knocking 1"


def test_of_two_open_ones_ours_and_then_the_youngest_is_taken() -> None:
    theirs = {SessionId("theirs"): talks("Open", "Open", ours=False)[SessionId("Open 1")]}
    assert choose(talks("Open") | theirs, WISH, now=1) == "Open 0"
    assert choose(talks("Open", "Open"), WISH, now=1) == "Open 1"


@pytest.mark.parametrize("name", ["Knocked", "Open, closing", "Ended"])
def test_a_session_that_takes_no_messages_is_not_taken(name: str) -> None:
    some = talks(name)
    assert choose(some, WISH, now=1) is None
    with pytest.raises(UsageError):
        choose(some, replace(WISH, session_id=next(iter(some))), now=1)


def test_a_session_past_its_time_takes_no_new_messages() -> None:
    assert choose(talks("Open"), WISH, now=100) is None
    assert choose(talks("Knocking"), WISH, now=100) == "Knocking 0"


def test_a_wish_of_another_kind_begins_another_session() -> None:
    deal = replace(WISH, intent=Intent(category="commerce"))
    stream = replace(WISH, request=SessionRequest(type="stream"))
    assert choose(talks("Open"), deal, now=1) is None
    assert choose(talks("Open"), stream, now=1) is None


def test_a_named_session_is_taken_whatever_the_wish_is() -> None:
    named = replace(WISH, intent=Intent(category="commerce"), session_id=SessionId("Open 0"))
    assert choose(talks("Open"), named, now=1) == "Open 0"


@pytest.mark.parametrize("name", ["Resolving", "Knocking", "Answered", "Open", "Resting, ours"])
def test_words_of_another_session_go_where_nothing_was_said_yet(name: str) -> None:
    was_said_there = name in {"Open", "Resting, ours"}
    turn = Turn.start(BOB.amid, talks("Ended", name), ALICE.ring)
    assert (_other(turn) == f"{name} 1") is not was_said_there


@pytest.mark.parametrize("name", ["Knocking", "Answered"])
def test_what_travels_with_a_knock_was_said(name: str) -> None:
    found = talks("Ended", name)
    talk = found[SessionId(f"{name} 1")]
    state = talk.state
    assert isinstance(state, Knocking | Answered)
    if isinstance(state, Answered):
        state = replace(state, asked=replace(state.asked, optimistic=MessageId("1")))
    else:
        state = replace(state, optimistic=MessageId("1"))
    found[SessionId(f"{name} 1")] = replace(talk, state=state)
    assert _other(Turn.start(BOB.amid, found, ALICE.ring)) not in found


def _other(turn: Turn) -> SessionId:
    return find_other(turn, SessionId("Ended 0"), 1e9, last_try=False)
