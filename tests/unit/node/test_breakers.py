"""What the owner can stop, and that it stays stopped."""

import pytest

from agentmesh.errors import UsageError
from agentmesh.node.switches import Switches
from agentmesh.node.turn import Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import SessionId
from tests.support.node_pair import Pair

DEAL = Wish(intent=Intent(category="commerce"), request=SessionRequest())


async def test_a_pause_refuses_new_peers_and_open_sessions_go_on(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.high.breakers.pause()
    await pair.low.say(pair.high, "still here")
    await pair.settle()
    assert await pair.high.texts() == ["hello", "still here"]
    assert (await Switches.load(pair.high.store)).paused
    await pair.high.breakers.resume()
    assert not (await Switches.load(pair.high.store)).paused


async def test_a_shutdown_ends_everything_and_survives_a_restart(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.breakers.shutdown() == 1
    await pair.settle()
    assert await pair.low.phases() == await pair.high.phases() == ["ended"]
    assert (await Switches.load(pair.low.store)).stopped
    await pair.low.breakers.wake()
    await pair.low.breakers.wake()
    assert not (await Switches.load(pair.low.store)).stopped
    assert pair.low.kinds().count("breaker_resume") == 1


async def test_a_killed_session_ends_on_both_sides(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.low.breakers.kill(said.session_id)
    await pair.settle()
    assert await pair.low.phases() == await pair.high.phases() == ["ended"]
    closed = [n.fields["reason"] for n in pair.high.notices if n.kind == "session_closed"]
    assert closed == ["killed_by_owner"]
    for session_id in (said.session_id, SessionId("nowhere")):
        with pytest.raises(UsageError) as caught:
            await pair.low.breakers.kill(session_id)
        assert caught.value.code == "session_not_found"


async def test_what_is_killed_is_not_said_again(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.is_up = False
    late = await pair.low.say(pair.high, "unheard")
    await pair.settle()
    await pair.low.breakers.kill(said.session_id)
    (row,) = await pair.high.store.sessions()
    await pair.high.say(pair.low, "other", DEAL)
    pair.high.store._shelves.sessions.pop(row.session_id)
    pair.high.talks._lanes.clear()
    await pair.reconnect()
    await pair.later(600)
    phases = {row.category: row.phase for row in await pair.low.store.sessions()}
    assert phases == {"communication": "ended", "commerce": "open"}
    assert await pair.low.fate_of(late) == ("undeliverable", "killed_by_owner")


async def test_ending_sessions_with_a_peer_leaves_the_others(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.breakers.end_sessions_with(pair.high.amid) == 0
    assert await pair.high.breakers.end_sessions_with(pair.low.amid) == 1
    assert (await pair.high.store.counts()).outbox == 0


async def test_a_session_whose_peer_nobody_answers_for_ends_once(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    rows = await pair.high.store.sessions()
    pair.wire.is_up = False
    await pair.high.breakers.end_unvouched(rows, "certificate_revoked")
    await pair.high.breakers.end_unvouched(rows, "certificate_revoked")
    pair.wire.is_up = True
    await pair.later(60)
    await pair.high.breakers.end_unvouched(rows, "certificate_revoked")
    assert await pair.low.phases() == await pair.high.phases() == ["ended"]
    assert pair.high.kinds().count("session_unvouched") == 1
