"""A wire to a server that does what no relay does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve

from agentmesh.errors import AgentMeshError, RemoteProtocolError, TransportError
from agentmesh.protocol.limits import MAX_RELAY_FRAME
from agentmesh.transport.dialling import dial
from agentmesh.transport.wire import MAX_UNREAD_BYTES, Wire

Behaviour = Callable[[ServerConnection], Awaitable[object]]
Serve = Callable[[Behaviour], Awaitable[Wire]]
PATIENCE = 20


@pytest.fixture
async def wire_to() -> AsyncIterator[Serve]:
    """Open a wire to a server that behaves like this."""
    loop_over: list[Callable[[], Awaitable[None]]] = []

    async def opened(behave: Behaviour) -> Wire:
        async def handle(socket: ServerConnection) -> None:
            await behave(socket)
            await socket.wait_closed()

        server = await serve(handle, "127.0.0.1", 0, max_size=None, close_timeout=1)
        host, port = next(iter(server.sockets)).getsockname()
        wire = await dial(f"ws://{host}:{port}", None, publicly=None)

        async def end() -> None:
            await wire.close()
            server.close()
            await server.wait_closed()

        loop_over.append(end)
        return wire

    yield opened
    for end in loop_over:
        await end()


async def nothing(_: ServerConnection) -> None:
    """Say nothing."""


async def lost(wire: Wire) -> None:
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(TransportError):
            await wire.next_frame()
    with pytest.raises(TransportError):
        await wire.send_together([b"too late"])
    with pytest.raises(TransportError):
        await wire.round_trip()


async def test_frames_of_every_size_go_both_ways_in_their_order(wire_to: Serve) -> None:
    sizes = [0, 1, 125, 126, 65_535, 65_536, MAX_RELAY_FRAME]

    async def echo(socket: ServerConnection) -> None:
        async for frame in socket:
            await socket.send(frame)

    wire = await wire_to(echo)
    frames = [bytes([size % 251]) * size for size in sizes]
    async with asyncio.timeout(PATIENCE):
        await wire.send_together(frames)
        assert [await wire.next_frame() for _ in frames] == frames
        assert 0 < await wire.round_trip() < PATIENCE


async def test_what_was_said_before_the_farewell_is_heard(wire_to: Serve) -> None:
    async def part(socket: ServerConnection) -> None:
        await socket.send(b"one")
        await socket.send(b"two")
        await socket.close()

    wire = await wire_to(part)
    await asyncio.sleep(0.05)
    assert [await wire.next_frame(), await wire.next_frame()] == [b"one", b"two"]
    await lost(wire)


@pytest.mark.parametrize("odd", ["text", [b"in ", b"pieces"]])
async def test_what_is_no_whole_binary_frame_is_malformed(
    wire_to: Serve, odd: str | list[bytes]
) -> None:
    async def say(socket: ServerConnection) -> None:
        await socket.send(b"well")
        await socket.send(odd)

    wire = await wire_to(say)
    assert await wire.next_frame() == b"well"
    with pytest.raises(RemoteProtocolError):
        await wire.next_frame()


async def test_a_frame_that_is_too_large_ends_the_connection(wire_to: Serve) -> None:
    wire = await wire_to(lambda socket: socket.send(bytes(MAX_RELAY_FRAME + 1)))
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(AgentMeshError):
            await wire.next_frame()


async def test_a_server_that_vanishes_is_noticed(wire_to: Serve) -> None:
    async def vanish(socket: ServerConnection) -> None:
        socket.transport.abort()

    await lost(await wire_to(vanish))


async def test_what_nobody_reads_is_left_to_the_network(wire_to: Serve) -> None:
    size, count, sent = 64 * 1024, 1000, 0

    async def flood(socket: ServerConnection) -> None:
        nonlocal sent
        for _ in range(count):
            await socket.send(bytes(size))
            sent += 1

    wire = await wire_to(flood)
    before = -1
    while sent != before:  # until it is stuck
        before = sent
        await asyncio.sleep(0.3)
    assert wire._unread_bytes < 16 * MAX_UNREAD_BYTES
    assert 0 < sent < count
    async with asyncio.timeout(PATIENCE):
        for _ in range(count):
            assert len(await wire.next_frame()) == size


async def test_who_writes_more_than_the_server_takes_waits(wire_to: Serve) -> None:
    reads = asyncio.Event()

    async def dawdle(socket: ServerConnection) -> None:
        socket.transport.pause_reading()  # type: ignore[attr-defined] # asyncio's has it
        await reads.wait()
        socket.transport.resume_reading()  # type: ignore[attr-defined]
        async for _ in socket:
            pass

    wire = await wire_to(dawdle)
    writing = asyncio.ensure_future(wire.send_together([bytes(64 * 1024)] * 1000))
    await asyncio.sleep(0.3)
    assert not writing.done()
    reads.set()
    async with asyncio.timeout(PATIENCE):
        await writing


async def test_what_is_cut_writes_nothing_more_in_the_same_turn(wire_to: Serve) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()

    async def listen(socket: ServerConnection) -> None:
        async for frame in socket:
            heard.put_nowait(frame)

    wire = await wire_to(listen)
    await wire.send_together([b"before"])
    assert await asyncio.wait_for(heard.get(), PATIENCE) == b"before"
    wire.cut()
    with pytest.raises(TransportError):
        await wire.send_together([b"after"])
    await lost(wire)
    await wire.close()
    assert heard.empty()


async def test_a_wire_that_was_cut_before_it_opened_never_opens() -> None:
    wire = Wire()
    wire.cut()
    await wire.close()
    with pytest.raises(TransportError):
        await wire.next_frame()
