"""The short way does what the long one does."""

from agentmesh_relay.express import together

from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.relay_frames import Ack, FromAgent, Receive, Send, Sent
from tests.support.relay_client import agent, amid_called, message

BOB, CAROL = amid_called("bob"), amid_called("carol")


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


def test_when_all_go_together_nothing_else_is_among_them() -> None:
    alike: list[FromAgent] = [message(BOB, str(number)) for number in range(3)]
    assert list(together(alike)) == [alike]
    for odd in (message(CAROL, "3"), message(BOB, "3", message_type="receipt"), Ack(deliveries=())):
        for place in range(4):
            frames: list[FromAgent] = [*alike[:place], odd, *alike[place:]]
            assert [odd] in list(together(frames))
    assert (
        list(together([message(BOB, "1", message_type="bulk")] * 2))
        == [[message(BOB, "1", message_type="bulk")]] * 2
    )


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
