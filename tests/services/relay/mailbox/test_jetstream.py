"""What the mailbox that several nodes share does beyond what every mailbox must."""

import asyncio

import msgspec
from agentmesh_relay.cluster.link import Link
from agentmesh_relay.cluster.linked import linked
from agentmesh_relay.mailbox.interface import Refusal, Room, Stored
from agentmesh_relay.mailbox.jetstream import MAX_UNWRITTEN_BYTES
from agentmesh_relay.mailbox.stream import LETTERS

from agentmesh.observability.world import system_entropy
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAILBOX_MESSAGES
from tests.support.letters import BOB, CAROL, Home, fetched, letter, opened, put, shared_mailbox
from tests.support.nats_server import NatsServer
from tests.support.patience import until


async def test_a_letter_that_one_node_keeps_arrives_at_the_other(nats: NatsServer) -> None:
    home = Home(BOB)
    async with shared_mailbox(nats.url, Home()) as ours, shared_mailbox(nats.url, home) as theirs:
        await opened(theirs)
        kept = [await put(ours, letter(number)) for number in range(3)]
        arrived = await home.got(3)
        assert [it.row for it in arrived] == [it.row for it in kept if isinstance(it, Stored)]
        found = await fetched(theirs, *(it.row for it in arrived))
        assert [it.id for it in found.values()] == ["0", "1", "2"]
        theirs.remove(list(found))
        assert await opened(theirs) == []
        assert await opened(ours) == []


async def test_two_nodes_that_write_at_once_never_pass_a_bound(nats: NatsServer) -> None:
    async with shared_mailbox(nats.url, Home()) as ours, shared_mailbox(nats.url, Home()) as theirs:
        await opened(ours)
        asked = [
            put(box, letter(f"{name}{number}"))
            for number in range(MAILBOX_MESSAGES)
            for name, box in (("a", ours), ("b", theirs))
        ]
        results = await asyncio.gather(*asked)
        stored = [it for it in results if isinstance(it, Stored)]
        assert len(stored) <= MAILBOX_MESSAGES
        assert len(await opened(ours)) == len(stored)
        more = [await put(ours, letter(f"c{number}")) for number in range(MAILBOX_MESSAGES)]
        stored += [it for it in more if isinstance(it, Stored)]
        assert len(stored) == len(await opened(theirs)) == MAILBOX_MESSAGES


async def test_what_was_kept_survives_a_restart_of_nats_and_of_every_node(
    nats: NatsServer,
) -> None:
    async with shared_mailbox(nats.url, Home()) as box:
        await opened(box)
        assert isinstance(await put(box, letter(1)), Stored)
        nats.kill()
        nats.start()
    async with shared_mailbox(nats.url, Home()) as box:
        assert [it.id for it in await opened(box)] == ["1"]


async def test_without_nats_a_letter_is_refused_with_a_time_and_kept_once_it_is_back(
    nats: NatsServer,
) -> None:
    home = Home(BOB)
    async with shared_mailbox(nats.url, home) as box:
        await opened(box)
        assert box.trouble() is None
        nats.kill()
        result = await put(box, letter(1))
        assert isinstance(result, Refusal)
        assert (result.code, bool(result.retry_after_seconds)) == ("INTERNAL_ERROR", True)
        assert box.trouble() == "nats_unreachable"
        assert await opened(box) == []
        nats.start()
        await until(lambda: box.trouble() is None)
        assert isinstance(await put(box, letter(1)), Stored)


async def test_what_came_while_a_node_was_cut_off_is_given_out_when_it_is_back(
    nats: NatsServer,
) -> None:
    home = Home(BOB)
    async with shared_mailbox(nats.url, home) as box:
        await opened(box)
        nats.kill()
        nats.start()
        async with shared_mailbox(nats.url, Home()) as other:
            await put(other, letter(1))
        assert [it.id for it in await home.got(1)] == ["1"]


async def test_a_nats_that_lost_its_disk_is_begun_with_afresh(nats: NatsServer) -> None:
    home = Home(BOB)
    async with shared_mailbox(nats.url, home) as box:
        await opened(box)
        for number in range(3):
            await put(box, letter(number))
        nats.kill()
        await until(box.trouble)
        nats.forget()
        nats.start()
        await until(lambda: box.trouble() is None)
        assert await opened(box) == []
        async with shared_mailbox(nats.url, Home()) as other:
            await opened(other)
            await put(other, letter("new"))
        await until(lambda: "new" in {it.id for it in home.letters})


async def test_letters_of_others_stay_when_the_oldest_are_removed(nats: NatsServer) -> None:
    async with shared_mailbox(nats.url, Home()) as ours, shared_mailbox(nats.url, Home()) as theirs:
        await opened(ours)
        first = await put(ours, letter(1))
        assert isinstance(first, Stored)
        await put(theirs, letter(2, CAROL))
        last = await put(ours, letter(3))
        assert isinstance(last, Stored)
        ours.remove([first.row, last.row])
        assert [it.id for it in await opened(ours)] == ["2"]


async def test_a_name_that_is_no_amid_never_gets_to_nats(nats: NatsServer) -> None:
    async with shared_mailbox(nats.url, Home()) as box:
        await opened(box)
        for name in ("", "*", ">", "bob.x", "bob x", "bob\r\nPUB x", "böb"):
            result = await put(box, letter(1, recipient=Amid(name)))
            assert result == Refusal("UNKNOWN_RECIPIENT"), name


async def test_what_is_known_about_those_who_are_away_is_forgotten(nats: NatsServer) -> None:
    async with shared_mailbox(nats.url, Home()) as box:
        await opened(box)
        kept = await put(box, letter(1))
        assert isinstance(kept, Stored)
        box.expire(0)
        assert await fetched(box, kept.row) == {}  # whoever was away asks by `open` first
        assert [it.row for it in await opened(box)] == [kept.row]
        assert list(await fetched(box, kept.row)) == [kept.row]


async def test_a_stream_that_is_full_refuses_and_goes_on_once_there_is_room(
    nats: NatsServer,
) -> None:
    link = Link([nats.url], system_entropy)
    async with shared_mailbox(nats.url, Home()) as box, linked(link):
        await opened(box)
        info = msgspec.json.decode((await link.ask(f"$JS.API.STREAM.INFO.{LETTERS}", b""))[0].data)
        smaller = msgspec.json.encode({**info["config"], "max_bytes": 100_000})
        await link.ask(f"$JS.API.STREAM.UPDATE.{LETTERS}", smaller)
        stored: list[int] = []
        while isinstance(
            result := await put(box, letter(len(stored), payload=bytes(9000))), Stored
        ):
            stored.append(result.row)
        assert isinstance(result, Refusal)
        assert (result.code, bool(result.retry_after_seconds)) == ("INTERNAL_ERROR", True)
        assert box.trouble() == "disk_full"
        box.remove(stored)
        assert await opened(box) == []
        assert isinstance(await put(box, letter("later")), Stored)
        assert box.trouble() is None


async def test_what_is_under_way_is_kept_before_a_node_ends(nats: NatsServer) -> None:
    results: list[Stored | Refusal] = []
    async with shared_mailbox(nats.url, Home()) as box:
        await opened(box)
        for number in range(50):
            box.put(letter(number), Room(), results.append)
    assert len(results) == 50
    async with shared_mailbox(nats.url, Home()) as box:
        assert len(await opened(box)) == 50


async def test_what_agents_left_behind_holds_up_nobody_and_is_kept(nats: NatsServer) -> None:
    left = [
        letter(number, recipient=Amid(f"away{number % 40}"), payload=bytes(256 * 1024))
        for number in range(MAX_UNWRITTEN_BYTES // (256 * 1024) + 20)
    ]
    moved: list[Stored | Refusal] = []
    room = Room(bytes=MAX_UNWRITTEN_BYTES)
    async with shared_mailbox(nats.url, Home()) as box:
        for one in {it.recipient for it in left}:
            await opened(box, one)
        await opened(box)
        for it in left:
            box.move(it, room, moved.append)
        assert isinstance(await put(box, letter("now")), Stored)
        assert len(moved) < len(left)
        own = [it for it in left if it.recipient == left[-1].recipient]
        newer = letter("newer", recipient=left[-1].recipient, payload=b"")
        assert isinstance(await put(box, newer, room), Stored)
        assert len(await opened(box, left[-1].recipient)) == len(own) + 1
    assert len(moved) == len(left)
    assert all(isinstance(it, Stored) for it in moved)
