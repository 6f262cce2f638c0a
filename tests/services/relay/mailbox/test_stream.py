from collections.abc import AsyncIterator

import msgspec
import pytest
from agentmesh_relay.cluster.link import Link
from agentmesh_relay.cluster.linked import linked
from agentmesh_relay.mailbox.interface import Letter
from agentmesh_relay.mailbox.stream import KNOWN, LETTERS, Stream

from agentmesh.errors import TransportError, UsageError
from agentmesh.observability.world import system_entropy
from tests.support.letters import ALICE, BOB, letter
from tests.support.nats_server import NatsServer


@pytest.fixture
async def link(nats: NatsServer) -> AsyncIterator[Link]:
    link = Link([nats.url], system_entropy)
    async with linked(link):
        yield link


@pytest.fixture
async def stream(link: Link) -> Stream:
    stream = Stream(link)
    await stream.ensure()
    return stream


async def rows(stream: Stream, start: int = 1, end: int = 0) -> dict[int, Letter]:
    found: dict[int, Letter] = {}
    await stream.read(BOB, found.__setitem__, start, end)
    return found


async def test_a_letter_is_stored_only_behind_the_one_that_was_named(stream: Stream) -> None:
    first = await stream.put(letter(1), 0, 60)
    assert first is not None
    assert await stream.put(letter(2), 0, 60) is None
    second = await stream.put(letter(2), first, 60)
    assert second is not None
    assert list(await rows(stream)) == [first, second]


async def test_many_large_letters_are_read_page_by_page(stream: Stream) -> None:
    last = 0
    for number in range(30):
        last = await stream.put(letter(number, payload=bytes(60_000)), last, 60) or 0
    found = await rows(stream)
    assert [it.id for it in found.values()] == [str(number) for number in range(30)]
    tenth = list(found)[10]
    assert min(await rows(stream, tenth)) == tenth
    assert await rows(stream, last + 1) == {}


async def test_letters_go_up_to_a_row_and_one_by_one(stream: Stream) -> None:
    last, kept = 0, list[int]()
    for number in range(6):
        last = await stream.put(letter(number), last, 60) or 0
        kept.append(last)
    await stream.remove(BOB, kept[2], [kept[4]])
    assert list(await rows(stream)) == [kept[3], kept[5]]


async def test_whom_we_met_is_known(stream: Stream) -> None:
    assert not await stream.has_met(ALICE)
    await stream.meet(ALICE)
    assert await stream.has_met(ALICE)


async def test_streams_are_taken_as_they_are_found(stream: Stream) -> None:
    before = await stream.ensure()
    assert await stream.put(letter(1), 0, 60)
    after = await stream.ensure()
    assert after == msgspec.structs.replace(before, last=1)


async def test_a_stream_of_somebody_else_is_not_written_to(link: Link) -> None:
    other = {"name": LETTERS, "subjects": ["agentmesh.letter.*"], "storage": "memory"}
    await link.ask(f"$JS.API.STREAM.CREATE.{LETTERS}", msgspec.json.encode(other))
    with pytest.raises(UsageError, match=LETTERS):
        await Stream(link).ensure()


async def test_without_its_stream_nothing_is_kept(link: Link, stream: Stream) -> None:
    for name in (LETTERS, KNOWN):
        await link.ask(f"$JS.API.STREAM.DELETE.{name}", b"")
    with pytest.raises(TransportError):
        await stream.put(letter(1), 0, 60)
    with pytest.raises(TransportError):
        await rows(stream)
    with pytest.raises(TransportError):
        await stream.has_met(ALICE)
