"""What pages show: compared, never queued."""

import asyncio
from typing import Any

import msgspec
import pytest

from agentmesh.control import answers
from agentmesh.daemon.dashboard.board import MAX_EVENTS, PARTS, PAUSE_SECONDS, Board, Place
from agentmesh.daemon.dashboard.permits import READING
from agentmesh.errors import StorageError
from agentmesh.node.notices import Bulletin, Notice
from tests.support.control_server import status
from tests.support.world import FakeClock


class Daemon:
    """Answers the calls of the parts, and counts them."""

    def __init__(self) -> None:
        self.knocks: list[str] = []
        self.uptime = 0.0
        self.asked = 0
        self.error: Exception | None = None

    async def __call__(self, name: str, params: msgspec.Raw, permit: str) -> Any:
        self.asked += 1
        if name == "knocks.list":
            if self.error:
                raise self.error
            return {"knocks": self.knocks}
        if name == "status":
            return status(
                daemon=answers.DaemonState(pid=1, uptime_seconds=self.uptime, version="1")
            )
        return {}


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bulletin() -> Bulletin:
    return Bulletin()


@pytest.fixture
def board(bulletin: Bulletin, clock: FakeClock) -> Board:
    return Board(bulletin, clock)


def test_a_part_is_the_answer_of_a_call_that_only_reads() -> None:
    assert {call for call, _ in PARTS.values()} <= READING


async def test_at_first_there_is_everything_and_then_what_changed(
    board: Board, daemon: Daemon, clock: FakeClock
) -> None:
    news, place = await board.news(daemon, Place())
    assert set(news.parts) == set(PARTS)
    clock.advance(PAUSE_SECONDS)
    assert (await board.news(daemon, place))[0] == ({}, [], 0)
    daemon.knocks.append("k1")
    clock.advance(PAUSE_SECONDS)
    news, place = await board.news(daemon, place)
    assert news.parts == {"knocks": msgspec.Raw(b'{"knocks":["k1"]}')}


async def test_time_that_goes_by_is_no_change(
    board: Board, daemon: Daemon, clock: FakeClock
) -> None:
    _, place = await board.news(daemon, Place())
    daemon.uptime = 9.0
    clock.advance(PAUSE_SECONDS)
    assert (await board.news(daemon, place))[0].parts == {}


async def test_one_look_is_enough_for_all_who_ask_at_once(board: Board, daemon: Daemon) -> None:
    await asyncio.gather(*(board.news(daemon, Place()) for _ in range(8)))
    assert daemon.asked == len(PARTS)


async def test_a_flood_costs_one_look_and_shows_the_newest(
    board: Board, daemon: Daemon, bulletin: Bulletin, clock: FakeClock
) -> None:
    with board.watched() as watcher:
        _, place = await board.news(daemon, Place())
        for number in range(10_000):
            bulletin.publish(Notice(kind="message_received", fields={"n": number}))
        assert watcher.is_set()
        clock.advance(PAUSE_SECONDS)
        news, place = await board.news(daemon, place)
    assert len(news.events) == MAX_EVENTS
    assert news.events[-1].data["n"] == 9_999
    assert news.more == 10_000 - MAX_EVENTS
    assert daemon.asked == 2 * len(PARTS)


async def test_a_house_that_takes_long_to_look_at_is_looked_at_less_often(
    board: Board, daemon: Daemon, clock: FakeClock
) -> None:
    async def slowly(name: str, params: msgspec.Raw, permit: str) -> Any:
        clock.advance(1.0)
        return await daemon(name, params, permit)

    _, place = await board.news(slowly, Place())
    clock.advance(len(PARTS) * 2)
    await board.news(daemon, place)
    assert daemon.asked == len(PARTS)
    clock.advance(len(PARTS))
    await board.news(daemon, place)
    assert daemon.asked == 2 * len(PARTS)


async def test_what_happened_since_the_last_look_is_looked_at_without_waiting_for_a_beat(
    board: Board, daemon: Daemon, bulletin: Bulletin
) -> None:
    with board.watched():
        _, place = await board.news(daemon, Place())
        daemon.knocks.append("k1")
        bulletin.publish(Notice(kind="knock_pending"))
        news, _ = await board.news(daemon, place)  # the clock stands still
    assert set(news.parts) == {"knocks"}
    assert [it.kind for it in news.events] == ["knock_pending"]


async def test_nobody_watches_and_nothing_is_kept(
    board: Board, daemon: Daemon, bulletin: Bulletin, clock: FakeClock
) -> None:
    _, place = await board.news(daemon, Place())
    bulletin.publish(Notice(kind="message_received"))
    clock.advance(PAUSE_SECONDS)
    assert (await board.news(daemon, place))[0].events == []


async def test_a_part_that_fails_says_so_and_the_others_go_on(board: Board, daemon: Daemon) -> None:
    daemon.error = StorageError("disk_full", "The disk is full.", "Make room.")
    news, _ = await board.news(daemon, Place())
    assert b'"error":{"code":"disk_full"' in bytes(news.parts["knocks"])
    assert b"amid" in bytes(news.parts["status"])
