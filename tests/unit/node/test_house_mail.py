"""What daemons say to each other, and no agent hears."""

import pytest

from agentmesh.errors import (
    CryptoError,
    RemoteProtocolError,
    TransportError,
    UsageError,
)
from agentmesh.messages.body import to_body
from agentmesh.messages.envelope import Envelope
from agentmesh.node.sheet import HOUSE_MAIL
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import MAILBOX_SECONDS
from agentmesh.session.events import Close
from tests.support.node import CHAT, Node
from tests.support.node_pair import Pair

Taken = list[tuple[Amid, SessionId, bytes]]


def _taker(node: Node, *failures: Exception) -> Taken:
    taken: Taken = []
    waiting = list(failures)

    async def take(peer: Amid, session_id: SessionId, envelope: Envelope) -> None:
        taken.append((peer, session_id, envelope.payload))
        if waiting:
            raise waiting.pop(0)

    node.house_mail.employ({"ping": take})
    return taken


async def test_it_reaches_whoever_takes_it_and_no_agent(pair: Pair) -> None:
    taken = _taker(pair.high)
    said = await pair.low.say(pair.high, "hello")
    await pair.low.house_mail.post(pair.high.amid, "ping", b'{"n":1}', CHAT)
    await pair.settle()
    assert taken == [(pair.low.amid, said.session_id, b'{"n":1}')]
    assert await pair.high.texts() == ["hello"]
    assert await pair.high.store.errands() == []


async def test_its_sender_learns_that_it_arrived(pair: Pair) -> None:
    _taker(pair.high)
    message_id = await pair.low.house_mail.post(pair.high.amid, "ping", b"{}", CHAT)
    await pair.settle()
    assert (await pair.low.outbox.fate(pair.high.amid, message_id)).outcome == "consumed"


async def test_it_outlives_the_session_it_came_in(pair: Pair) -> None:
    taken = _taker(pair.high, TransportError("busy"))
    said = await pair.low.say(pair.high, "hello")
    await pair.low.house_mail.post(pair.high.amid, "ping", b"{}", CHAT)
    await pair.settle()
    await pair.high.talks.handle(pair.low.amid, said.session_id, Close("completed"))
    await pair.later(5)
    assert len(taken) == 2


@pytest.mark.parametrize(
    "failure",
    [RemoteProtocolError("wrong"), UsageError("wrong"), CryptoError("wrong")],
)
async def test_what_is_wrong_is_dropped(pair: Pair, failure: Exception) -> None:
    taken = _taker(pair.high, failure)
    await pair.low.house_mail.post(pair.high.amid, "ping", b"{}", CHAT)
    await pair.settle()
    await pair.later(60)
    assert len(taken) == 1
    assert await pair.high.store.errands() == []


async def test_what_nobody_could_take_for_days_is_dropped(pair: Pair) -> None:
    taken = _taker(pair.high, *(TransportError("away") for _ in range(99)))
    await pair.low.house_mail.post(pair.high.amid, "ping", b"{}", CHAT)
    await pair.settle()
    assert [it.kind for it in await pair.high.store.errands()] == [HOUSE_MAIL]
    await pair.later(MAILBOX_SECONDS)
    assert len(taken) == 1
    assert await pair.high.store.errands() == []


async def test_what_nobody_takes_is_dropped(pair: Pair) -> None:
    await pair.low.house_mail.post(pair.high.amid, "file_of_tomorrow", b"{}", CHAT)
    await pair.settle()
    assert await pair.high.store.errands() == []
    assert await pair.high.texts() == []


def test_no_agent_says_it() -> None:
    for kind in ("ping", "file_offer"):
        with pytest.raises(UsageError) as caught:
            to_body({"n": 1}, kind=kind)
        assert caught.value.code == "message_type_reserved"
