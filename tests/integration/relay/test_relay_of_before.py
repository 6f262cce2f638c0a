"""A relay that does not know our newest word still has us as its agent."""

from agentmesh_relay.limits import allowed
from websockets.asyncio.server import ServerConnection, serve

from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol import limits
from agentmesh.protocol.ids import uuid7
from agentmesh.protocol.relay_frames import (
    Challenge,
    Connected,
    Disconnect,
    Failure,
    FromRelay,
    Presence,
    decode_from_agent,
    encode,
)
from agentmesh.transport.router import Router
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.patience import until

SHOWN = "https://registry.example"
clock = SystemClock()


async def test_what_it_does_not_know_is_left_out_once_it_hung_up_on_it() -> None:
    said: list[Presence] = []
    origin = ""

    async def serve_as_before(connection: ServerConnection) -> None:
        async def say(frame: FromRelay) -> None:
            await connection.send(encode(frame))

        now = int(clock.now() * 1000)
        protocols = (limits.PROTOCOL,)
        await say(Challenge(nonce=bytes(32), relay=origin, time=now, protocols=protocols))
        await connection.recv()
        session = uuid7(clock.now(), system_entropy)
        allowance = allowed(1, 1, 1)
        await say(
            Connected(
                session_id=session, pending_messages=0, limits=allowance, keepalive_seconds=25
            )
        )
        async for data in connection:
            frame = decode_from_agent(bytes(data))  # type: ignore[arg-type] # all is binary
            assert isinstance(frame, Presence)
            said.append(frame)
            if frame.shown_at:
                await say(Failure(code="INVALID_MESSAGE", message="What?"))
                await say(Disconnect(reason="invalid_message"))

    async with serve(serve_as_before, "127.0.0.1", 0, compression=None) as server:
        origin = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ear = RecordingIncoming()
        async with Router(origin, caller_called("alice"), ear) as router:
            router.show(Presence(status="online", shown_at=SHOWN))
            await until(lambda: len(said) == 2)
            router.show(Presence(status="dnd", shown_at=SHOWN))
            await until(lambda: len(said) == 3)
            assert router.status().state == "connected"
    assert [(it.status, it.shown_at) for it in said] == [
        ("online", SHOWN),
        ("online", ""),
        ("dnd", ""),
    ]
    assert ear.missed == 0
