import pytest

from agentmesh.node.files.carrier import AWAY_SECONDS, Carrier, Wait
from agentmesh.protocol.relay_frames import ErrorCode, Send, Sent
from tests.support.filing import Desks


@pytest.mark.parametrize(
    ("code", "retry", "wait"),
    [
        ("RATE_LIMITED", 7, Wait(7.0, "rate_limited", is_over_soon=True)),
        ("RATE_LIMITED", None, Wait(5.0, "rate_limited", is_over_soon=True)),
        ("MAILBOX_FULL", 1, Wait(1.0, "relay_full", is_over_soon=True)),
        ("MAILBOX_FULL", 30, Wait(30.0, "peer_away")),
        ("MAILBOX_FULL", None, Wait(AWAY_SECONDS, "peer_away")),
        ("UNKNOWN_RECIPIENT", None, Wait(AWAY_SECONDS, "unknown_recipient")),
        (None, None, Wait(AWAY_SECONDS, "relay_refused")),
    ],
)
async def test_what_a_relay_refuses_may_come_again(
    desks: Desks, code: ErrorCode | None, retry: int | None, wait: Wait
) -> None:
    desks.pair.wire.answer = lambda frame: Sent(
        id=frame.id, outcome="refused", code=code, retry_after_seconds=retry
    )
    assert await carrier(desks).offer(desks.bob.amid, b"chunk") == wait


def carrier(desks: Desks) -> Carrier:
    node = desks.alice.node
    return Carrier(node.hand, desks.alice.end, node.peers)


async def test_a_frame_leaves_as_bulk_and_waits_in_no_mailbox(desks: Desks) -> None:
    assert await carrier(desks).offer(desks.bob.amid, b"chunk") is None
    (frame,) = [it for _, it in desks.pair.wire.carried if it.message_type == "bulk"]
    assert isinstance(frame, Send)
    assert frame.expires_in == 0


async def test_nothing_leaves_for_a_paused_peer(desks: Desks) -> None:
    desks.alice.node.hand.switches.paused_peers.add(desks.bob.amid)
    wait = await carrier(desks).offer(desks.bob.amid, b"chunk")
    assert wait is not None
    assert wait.reason == "paused"
    assert desks.pair.wire.carried == []


async def test_without_a_way_it_waits(desks: Desks) -> None:
    desks.pair.wire.is_up = False
    wait = await carrier(desks).offer(desks.bob.amid, b"chunk")
    assert wait is not None
    assert wait.reason == "relay_unreachable"
