"""Our end of the link against the real relay, as a process."""

import asyncio
from pathlib import Path

import pytest

from agentmesh.errors import TransportError
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import Presence
from agentmesh.transport.router import Router
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.patience import PATIENCE, until
from tests.support.processes import Program, running
from tests.support.relay_client import amid_called, message

ALICE, BOB = amid_called("alice"), amid_called("bob")


async def test_frames_arrive_in_batches_and_are_acknowledged(url: str) -> None:
    to_alice, to_bob = RecordingIncoming(), RecordingIncoming()
    async with (
        Router(url, caller_called("alice"), to_alice) as alice,
        Router(url, caller_called("bob"), to_bob) as bob,
    ):
        bob.show(Presence(status="online", visible_to=(ALICE,)))
        assert (await bob.presence_of(ALICE)).status == "offline"
        assert (await alice.presence_of(BOB)).status == "online"
        frames = [message(BOB, str(number), want_acked=True) for number in range(50)]
        answers = await asyncio.gather(*(alice.send(frame) for frame in frames))
        assert {answer.outcome for answer in answers} == {"forwarded"}
        await to_bob.until(lambda: len(to_bob.arrivals) == 50)
        assert [arrival.frame.id for arrival in to_bob.arrivals] == [str(n) for n in range(50)]
        bob.ack(to_bob.arrivals)
        await to_alice.until(lambda: len(to_alice.kept) == 50)


async def test_what_comes_again_comes_on_another_connection_also_for_another_router(
    url: str,
) -> None:
    to_bob = RecordingIncoming()
    async with Router(url, caller_called("alice"), RecordingIncoming()) as alice:
        for times in (1, 2):
            async with Router(url, caller_called("bob"), to_bob):
                await to_bob.until(lambda times=times: to_bob.connects == times)
                if times == 1:
                    await alice.send(message(BOB, "1"))
                await to_bob.until(lambda times=times: len(to_bob.arrivals) == times)
    first, again = to_bob.arrivals
    assert first.frame.id == again.frame.id == "1"
    assert first.connection != again.connection, "the first is not acknowledged where it came again"


async def test_a_relay_that_was_killed_is_found_again_and_has_what_it_queued(folder: Path) -> None:
    to_alice, to_bob = RecordingIncoming(), RecordingIncoming()
    with running("agentmesh_relay", "--listen", "127.0.0.1:0", "--data", folder) as first:
        url = first.said("listening on ")
        async with Router(url, caller_called("bob"), to_bob):
            await to_bob.until(lambda: to_bob.connects == 1)
        async with Router(url, caller_called("alice"), to_alice) as alice:
            for number in range(20):
                assert (await alice.send(message(BOB, str(number)))).outcome == "queued"
            first.kill()
            address = origin_of(url).removeprefix("ws://")
            with running("agentmesh_relay", "--listen", address, "--data", folder) as second:
                second.said("listening on ")
                await to_alice.until(lambda: to_alice.connects == 2)
                assert alice.status().state == "connected"
                async with Router(url, caller_called("bob"), to_bob):
                    await to_bob.until(lambda: len(to_bob.arrivals) == 20)
    assert [arrival.frame.id for arrival in to_bob.arrivals] == [str(n) for n in range(20)]


async def test_whoever_waits_for_an_answer_is_told_when_the_relay_dies(
    relay: Program, url: str
) -> None:
    incoming = RecordingIncoming()
    async with Router(url, caller_called("alice"), incoming) as alice:
        await incoming.until(lambda: incoming.connects == 1)
        relay.kill()
        with pytest.raises(TransportError):
            await alice.send(message(BOB, "1"))


async def test_without_a_relay_there_is_an_error_and_a_status(url: str, relay: Program) -> None:
    relay.kill()
    async with Router(url, caller_called("alice"), RecordingIncoming()) as alice:
        with pytest.raises(TransportError) as caught:
            await alice.send(message(BOB, "1"))
        assert caught.value.code == "relay_unreachable"
        assert alice.status().state == "offline"
        assert alice.status().last_error == "relay_unreachable"


async def ask_for_ever(router: Router) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            await router.presence_of(BOB)


async def test_a_second_daemon_of_the_same_agent_displaces_the_first(url: str) -> None:
    first_ear, second_ear = RecordingIncoming(), RecordingIncoming()
    async with Router(url, caller_called("alice"), first_ear) as first:
        await first_ear.until(lambda: first_ear.connects == 1)
        async with Router(url, caller_called("alice"), second_ear) as second:
            await second_ear.until(lambda: second_ear.connects == 1)
            with pytest.raises(TransportError):
                await ask_for_ever(first)
            await until(lambda: first.status().last_error == "displaced")
            assert (await second.send(message(ALICE, "1"))).outcome == "queued"


async def test_a_wrong_clock_is_noticed_and_named(url: str) -> None:
    class TwoHoursAhead:
        def now(self) -> float:
            return system.now() + 7200

        def monotonic(self) -> float:
            return system.monotonic()

    system = caller_called("alice").clock
    caller = caller_called("alice", clock=TwoHoursAhead())
    async with Router(url, caller, RecordingIncoming()) as alice:
        with pytest.raises(TransportError) as caught:
            await alice.send(message(BOB, "1"))
        assert caught.value.code == "timestamp_expired"
        ahead = alice.status().clock_ahead
        assert ahead is not None
        assert 7190 < ahead < 7210


async def test_a_relay_that_goes_by_another_name_gets_no_signature(tmp_path: Path) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path, "--origin", "wss://example.org")
    with running("agentmesh_relay", *arguments) as relay:
        url = relay.said("listening on ")
        async with Router(url, caller_called("alice"), RecordingIncoming()) as alice:
            with pytest.raises(TransportError) as caught:
                await alice.send(message(BOB, "1"))
            assert caught.value.code == "relay_origin_mismatch"


async def test_a_peer_at_another_relay_is_reached_there(url: str, tmp_path: Path) -> None:
    """Its coming and going is no reason to offer anything to all others."""
    to_alice, to_bob = RecordingIncoming(), RecordingIncoming()
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "other")
    with running("agentmesh_relay", *arguments) as other:
        there = other.said("listening on ")
        async with (
            Router(there, caller_called("bob"), to_bob) as bob,
            Router(url, caller_called("alice"), to_alice) as alice,
        ):
            await to_bob.until(lambda: to_bob.connects == 1)
            assert (await alice.send(message(BOB, "1"), there)).outcome == "queued"
            assert (await alice.send(message(BOB, "1"))).code == "UNKNOWN_RECIPIENT"
            await to_bob.until(lambda: len(to_bob.arrivals) == 1)
            bob.ack(to_bob.arrivals)
            assert [link.relay for link in alice.foreign()] == [origin_of(there)]
            assert to_alice.connects == 1


async def test_a_peer_cannot_send_us_into_our_own_network(url: str) -> None:
    caller = caller_called("alice", private_relays=False)
    async with Router(url, caller, RecordingIncoming()) as alice:
        for relay, code in (
            ("ws://127.0.0.1:1", "relay_not_secure"),
            ("wss://127.0.0.1:1", "relay_not_public"),
        ):
            with pytest.raises(TransportError) as caught:
                await alice.send(message(BOB, "1"), relay)
            assert caught.value.code == code


@pytest.mark.parametrize("turns", range(8))
async def test_what_is_cut_while_the_relay_vanishes_does_not_connect_again(
    url: str, turns: int
) -> None:
    ear = RecordingIncoming()
    async with Router(url, caller_called("alice"), ear) as alice:
        await ear.until(lambda: ear.connects == 1)
        wire = alice._home._wire
        assert wire is not None
        assert wire._transport is not None
        wire._transport.disconnect(graceful=False)
        for _ in range(turns):
            await asyncio.sleep(0)
        alice.cut()
        await asyncio.wait_for(asyncio.wait(alice._own), 5)
    assert ear.connects == 1


async def test_what_is_cut_says_nothing_more_and_is_gone_at_once(url: str) -> None:
    to_bob = RecordingIncoming()
    async with (
        Router(url, caller_called("alice"), RecordingIncoming()) as alice,
        Router(url, caller_called("bob"), to_bob) as bob,
    ):
        await to_bob.until(lambda: to_bob.connects == 1)
        alice.show(Presence(status="online", visible_to=(BOB,)))
        await alice.send(message(BOB, "before"))
        await to_bob.until(lambda: len(to_bob.arrivals) == 1)
        sends = [asyncio.ensure_future(alice.send(message(BOB, str(n)))) for n in range(200)]
        await asyncio.sleep(0)  # some have left, others wait to be written
        alice.cut()
        failures = await asyncio.gather(*sends, return_exceptions=True)
        assert {type(failure) for failure in failures} == {TransportError}
        with pytest.raises(TransportError):
            await alice.send(message(BOB, "after"), "ws://127.0.0.1:9")
        for _ in range(200):
            if (await bob.presence_of(ALICE)).status == "offline":
                break
            await asyncio.sleep(0.01)
        assert (await bob.presence_of(ALICE)).status == "offline"
        said = ["before", *map(str, range(200))]
        heard = [arrival.frame.id for arrival in to_bob.arrivals]
        assert heard == said[: len(heard)], "what had left by then, and nothing behind it"


@pytest.mark.parametrize("dies", [True, False])
async def test_a_relay_that_says_good_bye_has_missed_nobody(folder: Path, *, dies: bool) -> None:
    ear = RecordingIncoming()
    with running("agentmesh_relay", "--listen", "127.0.0.1:0", "--data", folder) as relay:
        url = relay.said("listening on ")
        router = await Router(url, caller_called("alice"), ear).__aenter__()
        router.show(Presence(status="online", shown_at="https://registry.example"))
        await ear.until(lambda: ear.connects == 1)
        assert ear.missed == 0, "nobody knew it yet"
        await asyncio.to_thread(relay.kill if dies else relay.terminate)
    place = url.removeprefix("ws://").removesuffix("/v1/connect")
    with running("agentmesh_relay", "--listen", place, "--data", folder):
        await ear.until(lambda: ear.connects == 2)
        await router.__aexit__(None, None, None)
    assert ear.missed == dies
