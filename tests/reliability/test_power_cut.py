"""The power fails at random moments: what was acknowledged is there, each turn whole or not at all.

`AGENTMESH_CUTS` says how often (60 unless told). A failure names its seed.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from agentmesh.errors import StorageError
from agentmesh.protocol.ids import MessageId, SessionId
from agentmesh.storage.interface import (
    Change,
    Consume,
    Deliver,
    DropErrand,
    Put,
    Release,
    Settle,
    SetValue,
    Store,
)
from agentmesh.storage.volatile import VolatileStore
from tests.support.power_cut import CUTS, ROUNDS, Disk, PoweredConnections
from tests.support.stores import (
    NOW,
    errand,
    incoming,
    outgoing,
    session,
    sqlite_store,
)

LANES = 6
BLOCK = 50  # cuts a test


class Lane:
    """One peer's turns; each says its number, so that what is on the disk tells how far it came."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.saved = 0  # the last turn that was acknowledged
        self.model = VolatileStore()
        self.model_turns = 0
        self.open_turns: list[Sequence[Change]] = []

    async def take_turn(self, store: Store, random: Random) -> None:
        number = self.model_turns + len(self.open_turns) + 1
        turn = _turn(self.name, number, random)
        self.open_turns.append(turn)
        await store.commit(turn)
        self.saved = number

    async def go_on_from(self, found: int) -> None:
        """Bring the model to the turn which is on the disk."""
        for turn in self.open_turns[: found - self.model_turns]:
            await self.model.commit(turn)
        self.model_turns = self.saved = found
        self.open_turns = []


def _turn(lane: str, number: int, random: Random) -> list[Change]:
    name, now, before = SessionId(lane), f"{lane}-{number}", f"{lane}-{number - 1}"
    messages = [
        outgoing(f"{now}-{n}", session_id=name, frame_id=now) for n in range(random.randrange(6))
    ]
    return [
        SetValue(lane, b"%d" % number),
        Put(session(lane, state=random.randbytes(random.randrange(9000)))),
        *map(Put, messages),
        Put(errand(now, session_id=name, body=random.randbytes(random.randrange(20000)))),
        Deliver(incoming(now, number, session_id=name)),
        Release(name, number),
        Settle(tuple(MessageId(f"{before}-{n}") for n in range(6)), "delivered"),
        DropErrand(before),
        Consume(MessageId(before), NOW),
    ]


@pytest.mark.parametrize("first", range(0, CUTS, BLOCK))
async def test_what_the_store_acknowledged_survives(first: int, tmp_path: Path) -> None:
    for seed in range(first, min(first + BLOCK, CUTS), ROUNDS):
        await _live_through_cuts(tmp_path / str(seed), seed)


async def test_the_harness_sees_what_a_weaker_setting_loses(tmp_path: Path) -> None:
    losses = []
    for seed in range(5):
        try:
            await _live_through_cuts(tmp_path / str(seed), seed, are_weak=True)
        except AssertionError as loss:
            losses.append(str(loss))
    assert any("acknowledged and lost" in loss for loss in losses)


async def _live_through_cuts(home: Path, seed: int, *, are_weak: bool = False) -> None:
    home.mkdir()
    random = Random(seed)
    lanes = [Lane(f"lane{n}") for n in range(LANES)]
    for cut in range(ROUNDS):
        disk = Disk(random, random.randrange(1, 700))
        connections = PoweredConnections(disk, are_weak=are_weak)
        with contextlib.suppress(StorageError):  # the power may go while the store is opened
            async with sqlite_store(home, connections) as store:
                await _work_until_cut(store, lanes, random)
        assert disk.is_cut
        disk.crash()
        async with sqlite_store(home) as store:
            for lane in lanes:
                await _check(store, lane, f"seed {seed}, cut {cut}, {lane.name}")
            assert store.warnings() == []


async def _work_until_cut(store: Store, lanes: Sequence[Lane], random: Random) -> None:
    while True:
        turns = (lane.take_turn(store, random) for lane in lanes)
        for failure in await asyncio.gather(*turns, return_exceptions=True):
            if failure is not None:
                raise failure
        if random.random() < 0.05:
            await store.clean(NOW)


async def _check(store: Store, lane: Lane, when: str) -> None:
    """Compare a lane with what it must be after as many turns as it says it had."""
    found = int(await store.value(lane.name) or b"0")
    assert lane.saved <= found, f"acknowledged and lost: {when}"
    assert found <= lane.model_turns + len(lane.open_turns), when
    await lane.go_on_from(found)
    assert await _picture(store, lane.name) == await _picture(lane.model, lane.name), when


async def _picture(store: Store, name: str) -> list[object]:
    inbox = await store.inbox(unread=False, peer=None, after=0, limit=1_000_000)
    return [
        await store.session(SessionId(name)),
        await store.unsettled(SessionId(name)),
        [row for row in await store.errands() if row.session_id == name],
        # Positions are given out to all lanes, here in the order in which they committed.
        [replace(row, position=0) for row in inbox if row.session_id == name],
    ]
