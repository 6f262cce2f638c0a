"""The short way does what the long one does."""

from agentmesh_relay.express import forwarded, together
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.relay_frames import Ack, FromAgent, Receive, Send, Sent, encode
from tests.support.relay_client import agent, amid_called, message

BOB, CAROL = amid_called("bob"), amid_called("carol")


@given(st.lists(st.text(max_size=64), min_size=1).map(lambda ids: [FrameId(it) for it in ids]))
def test_answers_written_together_are_those_that_would_be_encoded(ids: list[FrameId]) -> None:
    bodies = [encode(Sent(id=it, outcome="forwarded")) for it in ids]
    assert forwarded(ids) == b"".join(map(_framed, bodies))


def _framed(body: bytes) -> bytes:
    size = len(body)
    return (b"\x82%c" % size if size < 126 else b"\x82\x7e%c%c" % divmod(size, 256)) + body


def test_only_sends_of_one_kind_to_one_agent_go_together() -> None:
    frames: list[FromAgent] = [
        message(BOB, "1"),
        message(BOB, "2"),
        message(CAROL, "3"),
        message(CAROL, "4", message_type="receipt"),
        message(CAROL, "5", message_type="bulk"),
        message(CAROL, "6", message_type="bulk"),
        Ack(deliveries=()),
        message(BOB, "7"),
    ]
    groups = list(together(frames))
    assert [it for group in groups for it in group] == frames
    assert [len(group) for group in groups] == [2, 1, 1, 1, 1, 1, 1]


async def test_a_burst_is_answered_in_order_whatever_is_in_it(url: str) -> None:
    async with agent(url, "bob", "alice") as bob, agent(url, "alice") as alice:
        burst: list[Send] = [message(BOB, str(number), want_acked=True) for number in range(5)]
        odd = [message(BOB, "4"), message(CAROL, "x"), message(BOB, "file", message_type="bulk")]
        await alice.say(*burst, *odd, message(BOB, "5"))
        answers = {it.id: (it.outcome, it.code) for it in await alice.hear_all(Sent, 9)}
        assert answers.pop(FrameId("x")) == ("refused", "UNKNOWN_RECIPIENT")
        assert set(answers.values()) == {("forwarded", None)}
        received = await bob.hear_all(Receive, 7)
        assert {it.id for it in received} == {"0", "1", "2", "3", "4", "5", "file"}
        assert await bob.hears_nothing_more(Receive)
