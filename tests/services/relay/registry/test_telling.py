"""A registry that is away, refuses or breaks costs nothing but time."""

import pytest
from agentmesh_relay.registry.missing import Missing
from agentmesh_relay.registry.telling import LONGEST_PAUSE, TELL_SECONDS, Telling
from agentmesh_relay.registry.wire import NotTaken

from agentmesh.protocol.absences import Absence, Absences
from agentmesh.protocol.ids import Amid
from tests.support.world import FakeClock, FakeEntropy

ALICE, BOB = Amid("alice"), Amid("bob")


class Desk:
    """A relay's end without a relay; `answer` is what the registry makes of it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.here: set[Amid] = set()
        self.missing = Missing(self.here.__contains__, 10)
        self.is_whole = True
        self.said: list[Absences] = []
        self.answer: Exception | None = None
        world = (self.clock, FakeEntropy())
        self.telling = Telling(self.missing, self, lambda: self.is_whole, world)

    async def tell(self, said: Absences) -> None:
        self.said.append(said)
        if self.answer is not None:
            raise self.answer

    def lose(self, *amids: Amid) -> None:
        for amid in amids:
            self.missing.lose(amid, self.clock.monotonic())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def gone(**ages: int) -> Absences:
    return Absences(gone=tuple(Absence(amid=it, ago_ms=ago) for it, ago in ages.items()))


async def test_those_who_are_gone_are_told_together_and_once(desk: Desk) -> None:
    desk.lose(ALICE)
    desk.clock.advance(1.5)
    desk.lose(BOB)
    desk.clock.advance(10)
    for _ in range(2):
        await desk.telling.tell()
    assert desk.said == [gone(alice=11_500, bob=10_000)]


async def test_nobody_gone_is_no_request(desk: Desk) -> None:
    await desk.telling.tell()
    desk.lose(ALICE)
    await desk.telling.tell()
    assert desk.said == []


@pytest.mark.parametrize("answer", [NotTaken("registry_unreachable"), KeyError("a bug")])
async def test_what_is_not_taken_is_said_again_as_old_as_it_is_by_then(
    desk: Desk, answer: Exception
) -> None:
    desk.lose(ALICE, BOB)
    desk.clock.advance(10)
    desk.answer = answer
    await desk.telling.tell()
    assert (desk.telling.failures, len(desk.missing)) == (1, 2)
    desk.clock.advance(20)
    desk.here.add(ALICE)
    desk.answer = None
    await desk.telling.tell()
    assert desk.said[1:] == [gone(bob=30_000)]
    assert (desk.telling.failures, len(desk.missing)) == (0, 0)


async def test_whoever_cannot_hear_its_neighbours_says_nothing(desk: Desk) -> None:
    desk.lose(ALICE)
    desk.clock.advance(10)
    desk.is_whole = False
    await desk.telling.tell()
    assert desk.said == []
    desk.is_whole = True
    await desk.telling.tell()
    assert desk.said == [gone(alice=10_000)]


async def test_pauses_grow_are_drawn_and_have_a_bound(desk: Desk) -> None:
    assert desk.telling.pause() == TELL_SECONDS
    desk.answer = NotTaken("registry_unreachable")
    bounds: list[tuple[float, float]] = []
    for _ in range(12):
        desk.lose(ALICE)
        desk.clock.advance(10)
        await desk.telling.tell()
        drawn = [desk.telling.pause() for _ in range(50)]
        assert len(set(drawn)) == 50
        bounds.append((min(drawn), max(drawn)))
    assert TELL_SECONDS <= bounds[0][0] <= bounds[0][1] <= 2 * TELL_SECONDS
    assert bounds[3][0] > bounds[0][1]
    assert LONGEST_PAUSE / 2 <= bounds[-1][0] <= bounds[-1][1] <= LONGEST_PAUSE


async def test_a_registry_says_when_to_come_again_within_reason(desk: Desk) -> None:
    desk.lose(ALICE)
    desk.clock.advance(10)
    for asked, waits in ((30, 30), (9999, LONGEST_PAUSE)):
        desk.answer = NotTaken("rate_limited", asked)
        await desk.telling.tell()
        assert desk.telling.pause() == waits
