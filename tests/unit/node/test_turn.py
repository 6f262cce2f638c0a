"""What a turn leaves in the store."""

import msgspec

from agentmesh.node.turn import MAX_OVER, Talk, Turn, Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import SessionId
from agentmesh.session.events import Accepted, Allowed, Close, Denied, Unheld
from agentmesh.session.states import AnyState, Ended, Knocked, Open, Resolving
from agentmesh.storage.interface import DropSession
from agentmesh.storage.volatile import VolatileStore
from tests.support.dialogue import Dialogue, answer_to, knocking, opened, terms
from tests.support.parties import Party, party
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)
TALK = Wish(intent=Intent(category="communication"), request=SessionRequest())


def turn_of(us: Party, peer: Party, *states: AnyState) -> Turn:
    talks = {s.terms.session_id: Talk(s, CLOCK.now(), CLOCK.now() + 60) for s in states}
    return Turn.start(peer.amid, talks, us.ring)


async def kept(turn: Turn) -> VolatileStore:
    store = VolatileStore()
    await store.commit(turn.finish())
    return store


async def test_an_accept_is_kept_until_the_peer_has_spoken() -> None:
    _, knocked = knocking(ALICE, BOB)
    turn = turn_of(BOB, ALICE, knocked)
    turn.apply(knocked.terms.session_id, Allowed(BOB.responder()))
    store = await kept(turn)
    assert [errand.kind for errand in await store.errands()] == ["accept"]


async def test_first_words_are_kept_together_with_the_opened_session() -> None:
    alice, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    accepted = answer_to(alice, bob.say(Allowed(BOB.responder())))
    assert isinstance(accepted, Accepted)
    turn = turn_of(ALICE, BOB, alice.state)
    turn.apply(accepted.accept.session_id, accepted)
    turn.apply(accepted.accept.session_id, Unheld(()))
    store = await kept(turn)
    assert [errand.kind for errand in await store.errands()] == ["message"]


async def test_what_ends_in_the_turn_in_which_it_began_leaves_no_errand() -> None:
    turn = turn_of(ALICE, BOB)
    session_id = turn.begin(TALK)
    turn.apply(session_id, Close("cancelled_by_initiator"))
    store = await kept(turn)
    assert await store.errands() == []
    assert [row.phase for row in await store.sessions()] == ["ended"]


async def test_a_begun_session_is_kept_with_its_errand() -> None:
    turn = turn_of(ALICE, BOB)
    session_id = turn.begin(TALK)
    alice, _ = opened(ALICE, BOB)
    assert isinstance(turn.talks[session_id].state, Resolving)
    assert alice.state.terms.session_id != session_id
    store = await kept(turn)
    assert [errand.kind for errand in await store.errands()] == ["resolve"]


async def test_a_copy_of_a_turn_is_not_changed_by_what_comes_later() -> None:
    turn = turn_of(ALICE, BOB)
    before = turn.copy()
    turn.begin(TALK)
    assert before.finish() == []
    assert before.talks == {}
    assert turn.finish() != []


async def test_an_open_session_lives_on_while_it_is_used_and_an_ended_one_is_over() -> None:
    alice, _ = opened(ALICE, BOB)
    session_id = alice.state.terms.session_id
    turn = turn_of(ALICE, BOB, alice.state)
    before = turn.talks[session_id].expires_at
    assert isinstance(alice.state, Open)
    turn.apply(session_id, Unheld(()))
    assert turn.talks[session_id].expires_at == before, "nothing was said"
    turn.say(session_id, (alice.saying("hi"),), before)
    assert turn.talks[session_id].expires_at > before
    turn.apply(session_id, Close("completed"))
    assert isinstance(turn.talks[session_id].state, Open), "until the peer has confirmed it"


async def test_a_refused_winner_lets_the_kept_knock_be_decided() -> None:
    alice, _ = knocking(ALICE, BOB)
    _, theirs = knocking(BOB, ALICE)
    knocked = Knocked(
        terms=terms(ALICE, BOB, ours=False, session_id=theirs.terms.session_id), knock=theirs.knock
    )
    turn = turn_of(ALICE, BOB, alice.state, knocked)
    turn.apply(alice.state.terms.session_id, Close("timeout"))
    assert [errand.kind for errand in turn.sheet.errands.values()] == ["ask_policy"]


async def test_a_dismissed_knock_is_not_called_rejected() -> None:
    for silent, verdict in ((True, "dismissed"), (False, "rejected")):
        _, knocked = knocking(ALICE, BOB)
        turn = turn_of(BOB, ALICE, knocked)
        turn.apply(knocked.terms.session_id, Denied("low_reputation", silent=silent))
        assert isinstance(turn.talks[SessionId(knocked.terms.session_id)].state, Ended)
        judged = [getattr(change, "verdict", None) for change in turn.sheet.changes]
        assert verdict in judged


def test_the_owner_is_told_what_becomes_of_each_knock() -> None:
    _, knocked = knocking(ALICE, BOB)
    for event, kind in ((Allowed(BOB.responder()), "accepted"), (Denied("blocked"), "rejected")):
        turn = turn_of(BOB, ALICE, knocked)
        turn.apply(knocked.terms.session_id, event)
        assert f"knock_{kind}" in [notice.kind for notice in turn.sheet.notices]


async def test_of_sessions_that_are_over_only_so_many_are_kept() -> None:
    over = [
        Ended(
            terms=msgspec.structs.replace(terms(ALICE, BOB, ours=True), session_id=SessionId(name)),
            reason="completed",
            by_peer=True,
        )
        for name in (f"{number:04}" for number in range(MAX_OVER + 2))
    ]
    alice, _ = opened(ALICE, BOB, "hello")
    turn = turn_of(ALICE, BOB, *over, alice.state)
    session_id = turn.begin(TALK)
    assert not {SessionId("0000"), SessionId("0001")} & set(turn.talks)
    assert {SessionId("0002"), session_id, alice.state.terms.session_id} <= set(turn.talks)
    dropped = [it.session_id for it in turn.finish() if isinstance(it, DropSession)]
    assert dropped == ["0000", "0001"]
