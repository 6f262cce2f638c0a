"""Strangers are bounded all together, and learn nothing from us that nobody decided on."""

import pytest

from agentmesh.node import strangers
from agentmesh.node.strangers import HOUR, WHOLE_SINCE
from agentmesh.policy.document import Policy
from agentmesh.protocol.frames import Header, MessageFrame, PqHeader, SealedToPrekeys, encode
from agentmesh.protocol.ids import FrameId, SessionId, uuid7
from agentmesh.protocol.limits import MAX_SESSION_SECONDS
from agentmesh.protocol.relay_frames import MessageType, Send
from agentmesh.storage.interface import SetValue
from tests.support.node import Node, until_quiet
from tests.support.node_pair import Pair, node_at
from tests.support.world import FakeEntropy


async def crowd(pair: Pair, count: int) -> list[Node]:
    """Let so many strangers knock at `high`."""
    came = []
    for number in range(count):
        stranger = await node_at(pair.wire, f"stranger {number}", pair.clock, pair.shelf, None)
        await stranger.start()
        await stranger.say(pair.high, "let me in")
        await until_quiet(stranger, pair.high)
        came.append(stranger)
    return came


async def leave(pair: Pair, came: list[Node]) -> None:
    for stranger in came:
        await stranger.stop()
        del pair.wire.nodes[stranger.amid]


async def test_many_strangers_leave_so_many_traces_and_a_contact_comes_through(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "MAX_IN_VAIN", 3)
    pair.high.policy = Policy()
    came = await crowd(pair, 5)
    assert len(await pair.high.store.sessions()) == 3
    assert len(await pair.high.store.knocks(pending=False, limit=9)) == 3
    await pair.high.peers.trust(pair.low.amid, 1)
    await pair.low.say(pair.high, "an old friend")
    await pair.settle()
    assert len(await pair.high.store.sessions()) == 4
    await pair.later(HOUR)
    for stranger in came:
        stranger.errands._start_what_is_due()
    await until_quiet(*came, pair.high)
    assert len(await pair.high.store.sessions()) == 6
    await leave(pair, came)


async def test_who_is_let_in_makes_room_for_the_next(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "MAX_IN_VAIN", 1)
    came = await crowd(pair, 4)
    assert await pair.high.phases() == ["open"] * 4
    await leave(pair, came)


async def test_what_waits_for_the_owner_has_a_bound_whoever_sent_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "MAX_WAITING", 2)
    pair.high.policy = Policy()
    came = await crowd(pair, 3)
    waiting = await pair.high.store.knocks(pending=True, limit=9)
    assert len(waiting) == 2
    await leave(pair, came)


def probe(pair: Pair, kind: MessageType) -> Send:
    """Return a frame that nobody here can read."""
    name = SessionId(uuid7(pair.clock.now(), FakeEntropy("probe")))
    header = Header(bytes(32), 0, 0, 1, PqHeader(0))
    message = MessageFrame(session_id=name, header=header, header_mac=bytes(32), ciphertext=b"")
    knock = SealedToPrekeys(
        signed_prekey_id=99,
        kem_prekey_id=99,
        ephemeral=bytes(32),
        kem_ciphertext=bytes(1088),
        box=b"",
    )
    return Send(
        id=FrameId(name),
        to=pair.high.amid,
        message_type=kind,
        encrypted_payload=encode(knock if kind == "knock" else message),
    )


async def answers_to(pair: Pair, kind: MessageType) -> int:
    """Return how many answers a frame gets that nobody here can read."""
    before = pair.wire.types().count("reject")
    pair.wire.bring(pair.low.amid, probe(pair, kind))
    await pair.settle()
    return pair.wire.types().count("reject") - before


@pytest.mark.parametrize("kind", ["knock", "message"])
async def test_a_stranger_cannot_find_out_that_we_are_there(pair: Pair, kind: MessageType) -> None:
    await pair.high.store.commit([SetValue(WHOLE_SINCE, b"0")])
    assert await answers_to(pair, kind) == 0
    await pair.high.peers.trust(pair.low.amid, 1)
    assert await answers_to(pair, kind) == 1


@pytest.mark.parametrize("kind", ["knock", "message"])
async def test_a_store_that_was_lost_tells_everybody_as_long_as_sessions_last(
    pair: Pair, kind: MessageType
) -> None:
    assert await answers_to(pair, kind) == 1
    pair.clock.advance(MAX_SESSION_SECONDS - 1)
    assert await answers_to(pair, kind) == 1
    pair.clock.advance(1)
    assert await answers_to(pair, kind) == 0
