from agentmesh.protocol.relay_frames import Ack, Acked, Receive, Sent
from tests.support.relay_client import agent, amid_called, message

BOB = amid_called("bob")


async def test_an_agent_that_lets_us_see_it_gets_our_message_at_once(url: str) -> None:
    async with agent(url, "alice") as alice, agent(url, "bob", "alice") as bob:
        answer = await alice.send(message(BOB, "1", want_acked=True))
        assert answer.outcome == "forwarded"
        received = await bob.take()
        assert (received.sender, received.id) == (amid_called("alice"), "1")
        assert (received.encrypted_payload, received.attempt) == (b"sealed", 1)
        assert (await alice.hear(Acked)).ids == ("1",)


async def test_acked_is_said_only_to_those_who_asked(url: str) -> None:
    async with agent(url, "alice") as alice, agent(url, "bob", "alice") as bob:
        await alice.send(message(BOB, "1"))
        await bob.take()
        await alice.send(message(BOB, "2", want_acked=True))
        await bob.take()
        assert (await alice.hear(Acked)).ids == ("2",)


async def test_a_message_waits_for_an_agent_that_is_away(url: str) -> None:
    async with agent(url, "bob"):
        pass
    async with agent(url, "alice") as alice:
        answers = [await alice.send(message(BOB, str(number))) for number in range(3)]
        assert [answer.outcome for answer in answers] == ["queued"] * 3
    async with agent(url, "bob") as bob:
        assert bob.connected is not None
        assert bob.connected.pending_messages == 3
        assert [(await bob.take()).id for _ in range(3)] == ["0", "1", "2"]
    async with agent(url, "bob") as bob:
        assert bob.connected is not None
        assert bob.connected.pending_messages == 0


async def test_what_was_not_acknowledged_comes_again_and_says_so(url: str) -> None:
    async with agent(url, "bob"):
        pass
    async with agent(url, "alice") as alice:
        await alice.send(message(BOB, "1"))
    async with agent(url, "bob") as bob:
        assert (await bob.hear(Receive)).attempt == 1
    async with agent(url, "bob") as bob:
        assert (await bob.hear(Receive)).attempt == 2


async def test_what_was_only_in_memory_is_kept_when_its_reader_goes(url: str) -> None:
    async with agent(url, "alice") as alice:
        async with agent(url, "bob", "alice") as bob:
            assert (await alice.send(message(BOB, "1"))).outcome == "forwarded"
            await bob.hear(Receive)
        async with agent(url, "bob") as bob:
            received = await bob.take()
            assert (received.id, received.attempt) == ("1", 2)


async def test_more_than_a_window_of_pending_messages_arrives_in_order(url: str) -> None:
    body = bytes(30_000)
    async with agent(url, "bob"):
        pass
    async with agent(url, "alice") as alice:
        for number in range(100):
            answer = await alice.send(message(BOB, str(number), body))
            assert answer.outcome == "queued", number
    async with agent(url, "bob") as bob:
        unread = [(await bob.hear(Receive)).delivery for _ in range(6)]
        assert await bob.hears_nothing_more(Receive)
        await bob.say(Ack(deliveries=tuple(unread)))
        assert [(await bob.take()).id for _ in range(94)] == [str(n) for n in range(6, 100)]


async def test_nobody_can_acknowledge_for_another(url: str) -> None:
    async with agent(url, "alice") as alice, agent(url, "mallory") as mallory:
        async with agent(url, "bob", "alice") as bob:
            await alice.send(message(BOB, "1", want_acked=True))
            delivery = (await bob.hear(Receive)).delivery
            await mallory.say(Ack(deliveries=tuple(range(delivery - 2, delivery + 3))))
            assert await mallory.hears_nothing_more(Sent)
        async with agent(url, "bob") as bob:
            assert (await bob.take()).id == "1"
        assert await alice.hears_nothing_more(Acked)


async def test_the_same_message_twice_is_kept_once(url: str) -> None:
    async with agent(url, "bob"):
        pass
    async with agent(url, "alice") as alice:
        for _ in range(3):
            assert (await alice.send(message(BOB, "1"))).outcome == "queued"
        async with agent(url, "bob", "alice") as bob:
            assert (await bob.hear(Receive)).id == "1"
            assert (await alice.send(message(BOB, "1"))).outcome == "queued"
            assert (await alice.send(message(BOB, "2"))).outcome == "forwarded"
            assert (await alice.send(message(BOB, "2"))).outcome == "forwarded"
            assert (await bob.hear(Receive)).id == "2"
            assert await bob.hears_nothing_more(Receive)


async def test_two_senders_may_choose_the_same_id(url: str) -> None:
    async with (
        agent(url, "bob", "alice", "carol") as bob,
        agent(url, "alice") as alice,
        agent(url, "carol") as carol,
    ):
        await alice.send(message(BOB, "1"))
        await carol.send(message(BOB, "1"))
        received = await bob.hear_all(Receive, 2)
        assert {it.sender for it in received} == {amid_called("alice"), amid_called("carol")}
        assert received[0].delivery != received[1].delivery


async def test_an_agent_never_seen_here_is_unknown(url: str) -> None:
    async with agent(url, "alice") as alice:
        answer = await alice.send(message(amid_called("nobody"), "1"))
        assert (answer.outcome, answer.code) == ("refused", "UNKNOWN_RECIPIENT")


async def test_many_sends_in_flight_are_all_answered(url: str) -> None:
    async with agent(url, "alice") as alice, agent(url, "bob", "alice") as bob:
        await alice.say(*(message(BOB, str(number)) for number in range(400)))
        received = await bob.hear_all(Receive, 256)
        await bob.say(Ack(deliveries=tuple(it.delivery for it in received)))
        received += await bob.hear_all(Receive, 144)
        assert [it.id for it in received] == [str(number) for number in range(400)]
        answers = await alice.hear_all(Sent, 400)
        assert {answer.outcome for answer in answers} == {"forwarded"}
