"""A stamp is made where it is asked for, as good as it has to be, and not for ever."""

import pytest

from agentmesh.discovery import stamping
from agentmesh.discovery.stamping import StampNeeded, make_stamp, with_stamp
from agentmesh.errors import TransportError
from agentmesh.protocol.limits import MAX_STAMP_BITS
from agentmesh.protocol.stamps import fits, parse
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ALICE = Registrant("alice").amid
HERE = "https://registry.example"


class Door:
    """Asks for so many bits, one after the other, and then lets in."""

    def __init__(self, *bits: int) -> None:
        self._bits = list(bits)
        self.shown: list[str] = []
        self.made: list[int] = []

    async def send(self, stamp: str) -> bytes:
        self.shown.append(stamp)
        if self._bits:
            raise StampNeeded(self._bits.pop(0))
        return b"in"

    async def make(self, bits: int) -> str:
        self.made.append(bits)
        return f"stamp of {bits}"


async def test_nothing_is_made_that_nobody_asks_for() -> None:
    door = Door()
    assert await with_stamp(door.send, door.make) == b"in"
    assert (door.shown, door.made) == ([""], [])


async def test_it_is_made_as_it_is_asked_for_and_again_if_it_became_dearer() -> None:
    door = Door(16, 17)
    assert await with_stamp(door.send, door.make) == b"in"
    assert door.shown == ["", "stamp of 16", "stamp of 17"]


async def test_a_registry_that_never_has_enough_gets_no_more() -> None:
    door = Door(*range(10, 20))
    with pytest.raises(TransportError) as caught:
        await with_stamp(door.send, door.make)
    assert caught.value.code == "stamp_outrun"
    assert len(door.made) == stamping.TRIES


@pytest.mark.parametrize("bits", [MAX_STAMP_BITS + 1, 256, 0, -1])
async def test_what_nobody_can_make_is_not_tried(bits: int) -> None:
    door = Door(bits)
    with pytest.raises(StampNeeded):
        await with_stamp(door.send, door.make)
    assert door.made == []


async def test_what_is_made_fits() -> None:
    clock = FakeClock()
    stamp = parse(await make_stamp(HERE, ALICE, 8, clock))
    assert stamp is not None
    assert fits(stamp, HERE, ALICE, clock.now())


async def test_the_work_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr(stamping, "AT_ONCE", 1)
    monkeypatch.setattr(stamping, "made", lambda *_: clock.advance(50))
    with pytest.raises(TransportError) as caught:
        await make_stamp(HERE, ALICE, MAX_STAMP_BITS, clock)
    assert caught.value.code == "stamp_too_slow"
