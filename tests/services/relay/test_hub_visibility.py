"""Towards whoever may not see it, an agent that is here looks like one that is away."""

from agentmesh.protocol.relay_frames import Acked, PresenceQuery, PresenceResponse, Receive, Sent
from tests.support.relay_client import agent, amid_called, message

BOB = amid_called("bob")


async def test_outsiders_hear_queued_and_never_acked_though_it_arrives_at_once(url: str) -> None:
    async with agent(url, "bob", "alice") as bob, agent(url, "mallory") as mallory:
        answer = await mallory.send(message(BOB, "1", message_type="knock", want_acked=True))
        assert answer.outcome == "queued"
        received = await bob.take()
        assert (received.id, received.message_type) == ("1", "knock")
        assert await mallory.hears_nothing_more(Acked)
    async with agent(url, "bob") as bob:
        assert bob.connected is not None
        assert bob.connected.pending_messages == 0


async def test_files_for_whoever_cannot_be_seen_are_refused_as_if_it_were_away(url: str) -> None:
    chunk = message(BOB, "1", message_type="bulk")
    async with agent(url, "mallory") as mallory:
        async with agent(url, "bob", "alice") as bob:
            while_here = await mallory.send(chunk)
            assert await bob.hears_nothing_more(Receive)
        assert await mallory.send(chunk) == while_here
        assert (while_here.outcome, while_here.code) == ("refused", "MAILBOX_FULL")


async def test_files_reach_whoever_is_here_and_are_never_kept(url: str) -> None:
    async with agent(url, "alice") as alice:
        async with agent(url, "bob", "alice") as bob:
            sent = await alice.send(message(BOB, "1", message_type="bulk"))
            assert sent.outcome == "forwarded"
            await bob.hear(Receive)
        async with agent(url, "bob") as bob:
            assert bob.connected is not None
            assert bob.connected.pending_messages == 0


async def test_presence_is_told_to_those_on_the_list_only(url: str) -> None:
    async with (
        agent(url, "bob", "alice"),
        agent(url, "alice") as alice,
        agent(url, "mallory") as mallory,
    ):
        await alice.say(PresenceQuery(amid=BOB))
        seen = await alice.hear(PresenceResponse)
        assert seen.status == "online"
        assert seen.last_seen is not None
        await mallory.say(PresenceQuery(amid=BOB), PresenceQuery(amid=amid_called("nobody")))
        hidden, nobody = await mallory.hear_all(PresenceResponse, 2)
        assert (hidden.status, hidden.last_seen) == ("offline", None)
        assert (nobody.status, nobody.last_seen) == ("offline", None)


async def test_who_is_taken_off_the_list_is_an_outsider(url: str) -> None:
    async with agent(url, "alice") as alice, agent(url, "bob", "alice") as bob:
        assert (await alice.send(message(BOB, "1", want_acked=True))).outcome == "forwarded"
        await bob.show_to()
        await bob.take()
        assert (await alice.send(message(BOB, "2"))).outcome == "queued"
        assert await alice.hears_nothing_more(Acked)


async def test_a_second_connection_takes_over_and_gets_what_the_first_did_not_keep(
    url: str,
) -> None:
    async with agent(url, "alice") as alice, agent(url, "bob", "alice") as first:
        await alice.send(message(BOB, "1"))
        await first.hear(Receive)
        async with agent(url, "bob") as second:
            assert await first.closed() == 1000
            assert (await second.take()).id == "1"
            assert (await alice.send(message(BOB, "2"))).outcome == "queued"
            assert (await second.take()).id == "2"
            assert await second.hears_nothing_more(Sent)
