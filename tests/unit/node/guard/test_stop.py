"""Once it is pulled nothing leaves, and only the owner lifts it."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from agentmesh.errors import Refused, StorageError, TransportError
from agentmesh.node.guard import stop as stop_module
from agentmesh.node.switches import EMERGENCY
from agentmesh.policy.document import Policy
from agentmesh.storage.interface import Change
from agentmesh.storage.volatile import VolatileStore
from tests.support.guarded import Guarded, guarded
from tests.support.patience import PATIENCE, until


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the answer wait until all is kept, however slow the disk is."""
    monkeypatch.setattr(stop_module, "ANSWER_SECONDS", PATIENCE)


async def _ends(both: Guarded) -> None:
    """Wait until nothing is left to do but to watch the flag."""
    await until(lambda: len(both.guards.stop._tasks) <= 1)


def _by(both: Guarded) -> list[object]:
    stops = [it for it in both.us.notices if it.kind == "breaker_emergency_stop"]
    return [it.fields["by"] for it in stops]


async def test_nothing_leaves_from_the_moment_it_is_pulled(both: Guarded) -> None:
    await both.us.say(both.peer, "before")
    await both.settle()
    for number in range(20):
        both.us.talks._tasks.start(_said(both, f"meanwhile {number}"))
    await asyncio.sleep(0)
    both.guards.stop.begin("call")
    sent = both.sent()
    with pytest.raises(Refused) as caught:
        await both.us.say(both.peer, "after")
    assert (caught.value.code, caught.value.hint) == (
        "stopped",
        "agentmesh resume --confirm RESUME",
    )
    both.clock.advance(7200)
    await both.settle()
    assert both.sent() == sent
    assert await both.peer.texts() == ["before"]


async def _said(both: Guarded, text: str) -> None:
    with suppress(Refused):
        await both.us.say(both.peer, text)


@pytest.mark.usefixtures("_patient")
async def test_sessions_end_and_what_was_not_said_never_is(both: Guarded) -> None:
    await both.us.say(both.peer, "before")
    await both.settle()
    both.wire.loses = lambda frame: frame.message_type == "message"
    lost = await both.us.say(both.peer, "on its way")
    await both.settle()
    state = await both.guards.stop.stop("call")
    assert (state.sessions_ended, state.is_complete) == (1, True)
    assert (await both.us.fate_of(lost))[:2] == ("undeliverable", "stopped")
    both.wire.loses = lambda _: False

    await both.guards.stop.lift()
    await both.transport.switch(is_on=True)
    await both.settle()
    both.clock.advance(60)
    both.us.errands.retry_frames()
    await both.settle()
    assert await both.peer.texts() == ["before"]
    assert await both.peer.phases() == ["ended"]
    await both.us.say(both.peer, "and on")
    await both.settle()
    assert await both.peer.texts() == ["before", "and on"]


@pytest.mark.usefixtures("_patient")
async def test_a_knock_that_is_out_is_given_up(both: Guarded) -> None:
    both.wire.loses = lambda _: True
    said = await both.us.say(both.peer, "hello?")
    await both.settle()
    await both.guards.stop.stop("call")
    assert (await both.us.fate_of(said))[0] == "undeliverable"
    assert await both.us.store.errands() == []


@pytest.mark.usefixtures("_patient")
async def test_it_survives_a_restart(tmp_path: Path) -> None:
    store = VolatileStore()
    async with guarded(tmp_path, store) as both:
        state = await both.guards.stop.stop("call")
        assert state.kept == ("memory", "flag", "store")
        assert both.flag.is_acknowledged()
    both.flag.take_down()  # by hand: that lifts nothing
    async with guarded(tmp_path, store) as both:
        assert both.us.hand.switches.emergency
        await _ends(both)
        assert both.flag.is_up()
        with pytest.raises(Refused):
            await both.us.say(both.peer, "anybody?")
        with pytest.raises(TransportError):
            await both.us.runners._directory.lookup(both.peer.amid)
        assert _by(both) == []


async def test_the_flag_stops_a_daemon_that_runs_and_one_that_starts(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    async with guarded(tmp_path) as both:
        both.flag.put_up()
        await until(lambda: both.us.hand.switches.emergency)
        await _ends(both)
        assert _by(both) == ["flag"]
    async with guarded(tmp_path) as both:  # its store has never heard of it
        assert both.us.hand.switches.emergency
        await _ends(both)
        assert await both.us.store.value(EMERGENCY)
        assert _by(both) == ["start"]


async def test_a_disk_that_is_full_stops_no_stop(both: Guarded) -> None:
    await both.us.say(both.peer, "before")
    await both.settle()
    commit = both.us.store.commit

    async def full(changes: list[Change]) -> None:
        raise StorageError("disk_full")

    both.us.store.commit = full
    state = await both.guards.stop.stop("call")
    assert both.us.hand.switches.emergency
    assert not state.is_complete
    assert "store" not in state.kept
    with pytest.raises(StorageError):
        await both.guards.stop.lift()
    assert both.us.hand.switches.emergency
    both.us.store.commit = commit


async def test_a_lane_that_hangs_does_not_delay_the_answer(both: Guarded) -> None:
    await both.us.say(both.peer, "before")
    await both.settle()
    free = asyncio.Event()

    async def hanging(_: object) -> None:
        await free.wait()

    task = both.us.talks._tasks.start(both.us.talks.run(both.peer.amid, hanging))
    await asyncio.sleep(0)
    state = await asyncio.wait_for(both.guards.stop.stop("call"), PATIENCE)
    assert not state.is_complete
    kept = {"memory", "flag", "store"}
    await until(lambda: set(both.guards.stop.state().kept) == kept)
    free.set()
    await task
    await _ends(both)
    assert await both.us.phases() == ["open"]  # closing: the peer learns of it after `lift`
    with pytest.raises(Refused):
        await both.us.say(both.peer, "x")


async def test_the_hook_runs_beside_it_and_what_came_of_it_is_told(both: Guarded) -> None:
    hand = replace(both.us.hand, policy=lambda: Policy(stop_hook=("stop-agent", "now")))
    both.guards.stop._policy = hand.policy
    both.hook.code = 1
    state = await both.guards.stop.stop("signal")
    assert state.hook == "failed"
    assert both.hook.asked == [("stop-agent", "now")]
    told = {notice.kind: notice.fields for notice in both.us.notices}
    assert told["breaker_emergency_stop"] == {"by": "signal"}
    assert told["breaker_stop_hook"] == {"code": 1}


async def test_who_pulls_while_it_is_lifted_has_the_last_word(both: Guarded) -> None:
    await both.guards.stop.stop("call")
    lifting = asyncio.ensure_future(both.guards.stop.lift())
    await asyncio.sleep(0)
    await both.guards.stop.stop("call")
    with pytest.raises(Refused):
        await lifting
    await _ends(both)
    assert both.us.hand.switches.emergency
    assert await both.us.store.value(EMERGENCY)
    assert both.flag.is_up()


async def test_waking_lifts_no_emergency(both: Guarded) -> None:
    await both.guards.stop.stop("call")
    with pytest.raises(Refused):
        await both.us.breakers.wake()
    await both.transport.switch(is_on=True)
    assert both.transport._current is None


async def test_house_mail_stays_at_home_too(both: Guarded) -> None:
    await both.guards.stop.stop("call")
    with pytest.raises(Refused):
        await both.us.house_mail.post(both.peer.amid, "ping", b"{}", None)  # type: ignore[arg-type]


async def test_a_peer_that_writes_meanwhile_loses_nothing(both: Guarded) -> None:
    await both.us.say(both.peer, "hello")
    await both.settle()
    await both.guards.stop.stop("call")
    del both.wire.nodes[both.us.amid]  # the relay has no connection to us any more
    said = await both.peer.say(both.us, "are you there?")
    await both.settle()
    both.wire.nodes[both.us.amid] = both.us
    await both.guards.stop.lift()
    await both.transport.switch(is_on=True)
    both.us.errands.retry_frames()
    await both.settle()
    both.clock.advance(120)
    both.peer.errands.retry_frames()
    await both.settle()
    assert await both.us.texts() == ["are you there?"] or await both.peer.fate_of(said) == (
        "refused",
        "killed_by_owner",
    )
