"""What has tripped holds at once, is kept, and is lifted by the owner alone."""

from pathlib import Path

import pytest

from agentmesh.errors import Refused, StorageError, UsageError
from agentmesh.node.guard import trips
from agentmesh.node.guard.trips import DRAWER
from agentmesh.node.inbox import NOTHING
from agentmesh.policy.breakers import ALL_PEERS
from agentmesh.protocol.ids import Amid
from agentmesh.storage.volatile import VolatileStore
from tests.support.guarded import Guarded, guarded
from tests.support.patience import until


async def _resume(both: Guarded) -> None:
    await both.guards.trips.resume(both.peer.amid)
    both.us.errands.offer_again(both.peer.amid)
    await both.settle()


async def test_nothing_goes_to_a_paused_peer_and_nothing_is_lost(both: Guarded) -> None:
    await both.us.say(both.peer, "one")
    await both.settle()
    both.wire.is_up = False
    await both.us.say(both.peer, "two")
    await both.settle()
    await both.guards.trips.pause(both.peer.amid)
    both.wire.is_up = True
    both.us.errands.retry_frames()
    await both.settle()
    assert await both.peer.texts() == ["one"]
    with pytest.raises(Refused) as caught:
        await both.us.say(both.peer, "three")
    assert caught.value.code == "peer_paused"
    await _resume(both)
    assert await both.peer.texts() == ["one", "two"]


async def test_what_a_paused_peer_says_is_kept_and_shown_when_it_is_resumed(both: Guarded) -> None:
    await both.us.say(both.peer, "hello")
    await both.settle()
    await both.guards.trips.pause(both.peer.amid)
    said = [await both.peer.say(both.us, f"answer {number}") for number in range(3)]
    await both.settle()
    assert await both.us.texts() == []
    assert [await both.peer.fate_of(it) for it in said] == [("delivered", "")] * 3
    with pytest.raises(Refused) as caught:
        await both.us.inbox.consume(said[0].message_id)
    assert caught.value.hint == f"agentmesh resume {both.peer.amid}"
    assert await both.us.inbox.answers_to(said[0].message_id, both.peer.amid) == NOTHING
    await _resume(both)
    assert await both.us.texts() == ["answer 0", "answer 1", "answer 2"]


async def test_a_paused_peer_is_told_no_more_than_that_we_are_paused(both: Guarded) -> None:
    await both.guards.trips.pause(both.peer.amid)
    said = await both.peer.say(both.us, "hello")
    await both.settle()
    assert await both.peer.fate_of(said) == ("refused", "paused")


async def test_a_trip_holds_at_once_and_survives_a_restart(tmp_path: Path) -> None:
    store = VolatileStore()
    async with guarded(tmp_path, store) as both:
        bob = both.peer.amid
        both.guards.trips.trip("loop", bob, 20, 60)
        both.guards.trips.trip("loop", bob, 21, 60)
        both.clock.advance(1)
        both.guards.trips.trip("burst", count=61, seconds=60)
        assert both.us.hand.switches.paused_peers == {bob}
        assert both.us.kinds().count("breaker_tripped") == 2
        await until(lambda: not both.guards.trips._unkept)
    async with guarded(tmp_path, store) as both:
        loop, burst = both.guards.trips.all()
        assert (loop.id, loop.count, loop.why[-6:]) == (f"loop:{bob}", 20, " 60 s.")
        assert both.guards.trips.on_peer(ALL_PEERS) == [burst]
        assert both.us.hand.switches.paused_peers == {bob}
        await both.guards.trips.lift("burst")
        await both.guards.trips.lift(loop.id)
        assert both.us.hand.switches.paused_peers == set()
    async with guarded(tmp_path, store) as both:
        assert both.guards.trips.all() == []


async def test_a_peer_is_held_until_its_last_breaker_is_lifted(both: Guarded) -> None:
    bob = both.peer.amid
    both.guards.trips.trip("loop", bob, 20, 60)
    await both.guards.trips.pause(bob)
    await both.guards.trips.lift(f"loop:{bob}")
    assert both.us.hand.switches.paused_peers == {bob}
    await both.guards.trips.lift(f"paused:{bob}")
    assert both.us.hand.switches.paused_peers == set()


async def test_what_is_not_on_cannot_be_lifted_but_resuming_is_never_wrong(both: Guarded) -> None:
    with pytest.raises(UsageError) as caught:
        await both.guards.trips.lift("loop:nobody")
    assert caught.value.code == "unknown_breaker"
    assert await both.guards.trips.resume(Amid("nobody")) == []


async def test_a_full_disk_makes_no_trip_undone(
    both: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trips, "AGAIN_SECONDS", 0.0)
    commit, refused = both.us.store.commit, []

    async def full(changes: object) -> None:
        refused.append(changes)
        raise StorageError("disk_full")

    both.us.store.commit = full
    both.guards.trips.trip("loop", both.peer.amid, 20, 60)
    await until(lambda: len(refused) > 1)
    with pytest.raises(StorageError):
        await both.guards.trips.resume(both.peer.amid)
    assert both.us.hand.switches.paused_peers == {both.peer.amid}
    both.us.store.commit = commit
    await until(lambda: not both.guards.trips._unkept)
    assert len(await both.us.store.cards(DRAWER)) == 1


async def test_there_is_a_bound_to_what_trips_by_itself(
    both: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trips, "MAX_TRIPS", 2)
    for name in "abc":
        both.guards.trips.trip("loop", Amid(name))
    assert len(both.guards.trips.all()) == 2
    both.guards.trips.trip("burst")
    assert len(both.guards.trips.all()) == 3
    await both.guards.trips.pause(Amid("c"))
    assert Amid("c") in both.us.hand.switches.paused_peers
