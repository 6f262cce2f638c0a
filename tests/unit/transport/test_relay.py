import asyncio

import pytest

from agentmesh.errors import TransportError, UsageError
from agentmesh.protocol.relay_frames import Presence
from agentmesh.transport.relay import RelayLink
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.relay_client import amid_called, message

BOB = amid_called("bob")


async def test_an_url_that_names_no_relay_is_refused_at_once() -> None:
    with pytest.raises(UsageError):
        RelayLink("https://x", caller_called("alice"), RecordingIncoming(), is_ours=True)


async def test_a_link_that_was_not_started_is_connecting_and_forgets_nothing() -> None:
    link = RelayLink(
        "ws://127.0.0.1:1/x", caller_called("alice"), RecordingIncoming(), is_ours=True
    )
    link.show(Presence(status="online", visible_to=(BOB,)))
    link.ack([])
    assert not link.is_busy
    status = link.status()
    assert (status.relay, status.state) == ("ws://127.0.0.1:1", "connecting")
    assert status.clock_ahead is None


async def test_a_relay_that_a_peer_names_is_not_dialled_in_a_private_network() -> None:
    caller = caller_called("alice", private_relays=False)
    ear = RecordingIncoming()
    link = RelayLink("ws://127.0.0.1:1", caller, ear, is_ours=False)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(link.run())
        with pytest.raises(TransportError) as caught:
            await link.send(message(BOB, "1"))
        task.cancel()
    assert caught.value.code == "relay_not_secure"
    assert link.status().state == "offline"
    assert ear.connects == 0
