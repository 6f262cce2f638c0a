"""What an errand will ask is asked while it is being saved; whoever asks then gets the answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.discovery.interface import Found
from agentmesh.errors import TransportError
from agentmesh.node import ahead as module
from agentmesh.node.ahead import MAX_AHEAD, Ahead
from agentmesh.node.switches import Switches
from agentmesh.node.turn import Turn
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.session.effects import AnyEffect, AskPolicy, Resolve
from agentmesh.storage.interface import Change
from agentmesh.storage.volatile import VolatileStore
from tests.support.directories import FakeDirectory
from tests.support.fake_registry import Shelf
from tests.support.node import until_quiet
from tests.support.node_pair import Pair, Wire, node_at
from tests.support.patience import until
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

PEER = Registrant("peer")
ONE = SessionId("one")


class SlowDirectory(FakeDirectory):
    """Answers once it may."""

    def __init__(self) -> None:
        super().__init__("registry", PEER)
        self.may_answer = asyncio.Event()

    async def lookup(self, amid: Amid) -> Found:
        self.asked.append("lookup")
        await self.may_answer.wait()
        return await super().lookup(amid)

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> VerifiedBundle:
        self.asked.append("bundle")
        await self.may_answer.wait()
        return await super().bundle(amid, one_time=one_time)


class Asking:
    """Turns that are about to be saved, and what is asked ahead for them."""

    def __init__(self, pair: Pair) -> None:
        self._keys = pair.low.hand.keys.ring
        self.directory = SlowDirectory()
        self.switches = Switches()
        self.ahead = Ahead(self.directory, self.switches)

    async def turn(self, effect: AnyEffect, peer: Amid = PEER.amid) -> None:
        """Take a turn that wants this done; its saving may begin when this returns."""
        turn = Turn.start(peer, {}, self._keys)
        turn.sheet.note(ONE, effect)

        async def read(_: Turn, __: Turn) -> None: ...

        await self.ahead.after(read)(turn, turn)
        await asyncio.sleep(0)


@pytest.fixture
async def asking(pair: Pair) -> AsyncIterator[Asking]:
    made = Asking(pair)
    async with made.ahead:
        yield made


async def test_who_comes_while_it_is_asked_gets_that_answer(asking: Asking) -> None:
    await asking.turn(Resolve())
    both = asyncio.gather(asking.ahead.lookup(PEER.amid), asking.ahead.bundle(PEER.amid))
    asking.directory.may_answer.set()
    found, bundle = await both
    assert (found.amid, bundle.identity) == (PEER.amid, found.signing_key)
    assert sorted(set(asking.directory.asked)) == ["bundle", "lookup"]
    assert len(asking.directory.asked) == 4, "asked once, and answered once"


async def test_a_bundle_is_handed_out_once(asking: Asking) -> None:
    asking.directory.may_answer.set()
    await asking.turn(Resolve())
    await asyncio.sleep(0)
    with_prekey = await asking.ahead.bundle(PEER.amid)
    without = await asking.ahead.bundle(PEER.amid, one_time=False)
    another = await asking.ahead.bundle(PEER.amid)
    ids = [it.one_time and it.one_time.id for it in (with_prekey, another)]
    assert ids[0] != ids[1]
    assert without.one_time is None


async def test_for_a_knock_keys_are_not_asked_for(asking: Asking) -> None:
    await asking.turn(AskPolicy())
    assert asking.directory.asked == ["lookup"]


async def test_a_failure_is_told_to_who_comes_and_asked_again_later(asking: Asking) -> None:
    await asking.turn(Resolve())
    both = asyncio.gather(
        asking.ahead.lookup(PEER.amid), asking.ahead.bundle(PEER.amid), return_exceptions=True
    )
    await asyncio.sleep(0)
    asking.directory.fails_with = TransportError("registry_unreachable")
    asking.directory.may_answer.set()
    assert [type(it) for it in await both] == [TransportError, TransportError]
    asking.directory.fails_with = None
    assert (await asking.ahead.lookup(PEER.amid)).amid == PEER.amid
    assert (await asking.ahead.bundle(PEER.amid)).one_time is not None


async def test_a_bundle_for_which_nobody_comes_is_forgotten(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.0)
    asking.directory.may_answer.set()
    await asking.turn(Resolve())
    await until(lambda: not asking.ahead._bundles)
    asked = len(asking.directory.asked)
    await asking.ahead.bundle(PEER.amid)
    assert len(asking.directory.asked) > asked


async def test_no_more_is_asked_ahead_than_the_bound(asking: Asking) -> None:
    for number in range(MAX_AHEAD + 3):
        await asking.turn(Resolve(), Amid(f"peer{number}"))
    assert asking.directory.asked.count("lookup") == MAX_AHEAD
    assert asking.directory.asked.count("bundle") == MAX_AHEAD


async def test_nothing_is_asked_when_everything_is_stopped(asking: Asking) -> None:
    asking.switches.shut_down = True
    await asking.turn(Resolve())
    assert asking.directory.asked == []


async def test_leaving_waits_for_no_answer(pair: Pair) -> None:
    made = Asking(pair)
    async with made.ahead:
        await made.turn(Resolve())
    assert sorted(made.directory.asked) == ["bundle", "lookup"]


class HeldStore(VolatileStore):
    """Saves once it may; counts what waits for that."""

    def __init__(self) -> None:
        super().__init__()
        self.may_save = asyncio.Event()
        self.may_save.set()
        self.waiting = 0

    async def commit(self, changes: Sequence[Change]) -> None:
        self.waiting += 1
        await self.may_save.wait()
        self.waiting -= 1
        await super().commit(changes)


async def test_both_sides_look_up_while_they_save_and_nobody_knocks_or_answers_before() -> None:
    wire, clock, shelf = Wire(), FakeClock(), Shelf()
    stores = HeldStore(), HeldStore()
    alice, bob = [
        await node_at(wire, name, clock, shelf, store)
        for name, store in zip(("alice", "bob"), stores, strict=True)
    ]
    await alice.start()
    await bob.start()
    for node in (alice, bob):
        node.directory.asked.clear()
    for store in stores:
        store.may_save.clear()
    saying = asyncio.create_task(alice.say(bob, "hello"))
    await until(lambda: stores[0].waiting and len(alice.directory.asked) == 2)
    assert wire.types() == []
    stores[0].may_save.set()
    await saying
    await until(lambda: stores[1].waiting and bob.directory.asked == ["lookup"])
    assert wire.types() == ["knock"]
    stores[1].may_save.set()
    await until_quiet(alice, bob)
    assert await bob.texts() == ["hello"]
    assert alice.directory.asked.count("bundle") == 1
    for node in (alice, bob):
        await node.stop()
