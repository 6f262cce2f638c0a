"""A relay that does not know our newest word still has us as its agent."""

from collections.abc import Iterator

from agentmesh.protocol.relay_frames import Disconnect, Failure, FromAgent, FromRelay, Presence
from agentmesh.transport.router import Router
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.patience import until
from tests.support.strange_relay import strange_relay

SHOWN = "https://registry.example"


def as_before(frame: FromAgent) -> Iterator[FromRelay]:
    assert isinstance(frame, Presence)
    if frame.shown_at:
        yield Failure(code="INVALID_MESSAGE", message="What?")
        yield Disconnect(reason="invalid_message")


async def test_what_it_does_not_know_is_left_out_once_it_hung_up_on_it() -> None:
    async with strange_relay(as_before) as relay:
        ear = RecordingIncoming()
        async with Router(relay.origin, caller_called("alice"), ear) as router:
            router.show(Presence(status="online", shown_at=SHOWN))
            await until(lambda: len(relay.heard) == 2)
            router.show(Presence(status="dnd", shown_at=SHOWN))
            await until(lambda: len(relay.heard) == 3)
            assert router.status().state == "connected"
    said = [it for it in relay.heard if isinstance(it, Presence)]
    assert [(it.status, it.shown_at) for it in said] == [
        ("online", SHOWN),
        ("online", ""),
        ("dnd", ""),
    ]
    assert ear.missed == 0
