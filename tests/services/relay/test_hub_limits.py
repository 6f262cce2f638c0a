from contextlib import suppress
from pathlib import Path

from websockets.exceptions import ConnectionClosed

from agentmesh.protocol.relay_frames import Failure, Presence, PresenceQuery, PresenceResponse
from tests.support.processes import running
from tests.support.relay_client import agent, amid_called, message

BOB = amid_called("bob")


async def test_limits_are_told_kept_and_not_reset_by_reconnecting(tmp_path: Path) -> None:
    rates = ("--messages-per-minute", 5, "--knocks-per-minute", 2)
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay", *rates)
    with running("agentmesh_relay", *arguments) as relay:
        url = relay.said("listening on ")
        async with agent(url, "bob"), agent(url, "alice") as alice:
            assert alice.connected is not None
            assert alice.connected.limits.messages_per_minute == 5
            sent = [await alice.send(message(BOB, str(number))) for number in range(5)]
            assert {answer.outcome for answer in sent} == {"queued"}
        async with agent(url, "alice") as alice:
            refused = await alice.send(message(BOB, "6"))
            assert (refused.outcome, refused.code) == ("refused", "RATE_LIMITED")
            assert refused.retry_after_seconds in range(1, 14)
            knocks = [
                await alice.send(message(BOB, f"k{number}", message_type="knock"))
                for number in range(3)
            ]
            assert [answer.outcome for answer in knocks] == ["queued", "queued", "refused"]
            receipt = await alice.send(message(BOB, "r", message_type="receipt"))
            assert receipt.outcome == "queued"


async def test_questions_about_presence_are_limited_too(url: str) -> None:
    async with agent(url, "alice") as alice:
        await alice.say(*(PresenceQuery(amid=BOB) for _ in range(610)))
        failure = await alice.hear(Failure)
        assert failure.code == "RATE_LIMITED"
        assert len(await alice.hear_all(PresenceResponse, 600)) == 600


async def test_a_restart_does_not_grant_it_again(tmp_path: Path) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay", "--knocks-per-minute", 1)
    for outcome in ("queued", "refused"):
        with running("agentmesh_relay", *arguments) as relay:
            url = relay.said("listening on ")
            async with agent(url, "bob"), agent(url, "alice") as alice:
                knock = message(BOB, outcome, message_type="knock")
                assert (await alice.send(knock)).outcome == outcome
            assert relay.terminate() == 0


async def test_whoever_goes_on_beyond_its_limits_is_cut(tmp_path: Path) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay", "--knocks-per-minute", 1)
    with running("agentmesh_relay", *arguments) as relay:
        async with agent(relay.said("listening on "), "alice") as alice:
            knock = message(BOB, "k", message_type="knock")
            with suppress(ConnectionClosed):
                await alice.say(*[knock] * 20_000)
            await alice.closed()


async def test_a_long_list_of_who_may_see_us_counts_for_many(url: str) -> None:
    names = tuple(amid_called(str(number)) for number in range(2000))
    async with agent(url, "alice") as alice:
        await alice.say(*(Presence(status="online", visible_to=names) for _ in range(29)))
        assert (await alice.hear(Failure)).code == "RATE_LIMITED"
