"""One connection, from its challenge to its end."""

import asyncio

import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError, TransportError
from agentmesh.protocol.limits import MAX_PAYLOAD, PROTOCOL
from agentmesh.protocol.relay_frames import (
    Ack,
    Acked,
    Challenge,
    Connected,
    Disconnect,
    Failure,
    Limits,
    PresenceQuery,
    PresenceResponse,
)
from agentmesh.transport.channel import (
    MAX_IN_FLIGHT,
    MAX_UNACKED,
    MAX_UNACKED_BYTES,
    PATIENT_BYTES,
)
from tests.support.channel import BOB, ORIGIN, Link, received, running
from tests.support.incoming import caller_called
from tests.support.patience import until
from tests.support.relay_client import amid_called, message

PATIENCE = 20
ALICE = amid_called("alice")
LIMITS = msgspec.convert(dict.fromkeys(Limits.__struct_fields__, 1), Limits)
CONNECTED = Connected(session_id="1", pending_messages=0, limits=LIMITS, keepalive_seconds=25)


async def test_sends_are_written_at_once_and_answered_apart() -> None:
    async with running() as link:
        sends = [asyncio.ensure_future(link.channel.send(message(BOB, str(n)))) for n in range(20)]
        await link.answer_all()
        answers = await asyncio.gather(*sends)
        assert [answer.id for answer in answers] == [str(n) for n in range(20)]
        assert [len(batch) for batch in link.wire.batches] == [1] * 20
        assert not link.channel.is_busy


async def test_what_the_network_does_not_take_waits_and_nothing_overtakes_it() -> None:
    async with running() as link:
        link.wire.is_slow = True
        link.channel.say(PresenceQuery(amid=BOB))
        link.wire.is_slow = False
        link.channel.say(PresenceQuery(amid=ALICE))
        async with asyncio.timeout(PATIENCE):
            await link.wire.has_written.wait()
        assert link.wire.batches == [[PresenceQuery(amid=BOB), PresenceQuery(amid=ALICE)]]


async def test_frames_that_came_together_are_handed_over_together_and_acknowledged_so() -> None:
    async with running() as link:
        link.wire.say(*(received(number) for number in range(5)))
        await link.ear.until(lambda: bool(link.ear.arrivals))
        assert [arrival.frame.delivery for arrival in link.ear.arrivals] == [0, 1, 2, 3, 4]
        link.channel.ack(link.ear.arrivals[:2])
        link.channel.ack(link.ear.arrivals[2:])
        async with asyncio.timeout(PATIENCE):
            await link.wire.has_written.wait()
        assert link.wire.written == [Ack(deliveries=(0, 1, 2, 3, 4))]


async def test_what_is_acknowledged_goes_behind_what_is_said_and_waits_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentmesh.transport.channel.ACK_SECONDS", 60.0)
    async with running() as link:
        link.wire.say(received(1))
        await link.ear.until(lambda: bool(link.ear.arrivals))
        link.channel.ack(link.ear.arrivals)
        link.channel.say(PresenceQuery(amid=BOB))
        for _ in range(3):
            await asyncio.sleep(0)
        assert link.wire.written == [PresenceQuery(amid=BOB), Ack(deliveries=(1,))]


async def test_the_relay_does_not_wait_for_the_acknowledgement_of_much() -> None:
    async with running() as link:
        link.wire.say(received(1, bytes(PATIENT_BYTES)), received(2, b"more"))
        await link.ear.until(lambda: len(link.ear.arrivals) == 2)
        link.channel.ack(link.ear.arrivals)
        for _ in range(3):
            await asyncio.sleep(0)
        assert link.wire.written == [Ack(deliveries=(1, 2))]


@pytest.mark.parametrize("size", [0, MAX_PAYLOAD])
async def test_a_relay_that_brings_more_than_it_may_is_hung_up_on(size: int) -> None:
    most = min(MAX_UNACKED, MAX_UNACKED_BYTES // size) if size else MAX_UNACKED
    frames = [received(number, bytes(size)) for number in range(most)]
    async with running() as link:
        link.wire.say(*frames)
        await link.ear.until(lambda: len(link.ear.arrivals) == most)
        link.channel.ack(link.ear.arrivals)
        link.wire.say(*frames)
        await link.ear.until(lambda: len(link.ear.arrivals) == 2 * most)
        assert not link.wire.is_cut
        link.wire.say(frames[0])
        await until(lambda: link.end == "relay_frame_out_of_turn" and link.wire.is_cut)
    assert len(link.ear.arrivals) == 2 * most


async def test_what_came_on_an_earlier_connection_is_not_acknowledged_on_this_one() -> None:
    async with running() as link:
        link.wire.say(received(1))
        await link.ear.until(lambda: bool(link.ear.arrivals))
        other = Link()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(other.carry())
            other.channel.ack(link.ear.arrivals)
            other.channel.say(PresenceQuery(amid=BOB))
            for _ in range(3):
                await asyncio.sleep(0)
            assert other.wire.written == [PresenceQuery(amid=BOB)]
            task.cancel()


async def test_the_relays_word_that_frames_were_kept_is_passed_on() -> None:
    async with running() as link:
        link.wire.say(Acked(ids=("1", "2")))  # type: ignore[arg-type]
        await link.ear.until(lambda: bool(link.ear.kept))
        assert link.ear.kept == ["1", "2"]


async def test_those_who_ask_for_the_same_peer_share_a_question() -> None:
    async with running() as link:
        asking = [asyncio.ensure_future(link.channel.presence_of(BOB)) for _ in range(3)]
        for _ in range(3):
            await asyncio.sleep(0)
        assert link.wire.written == [PresenceQuery(amid=BOB)]
        link.wire.say(PresenceResponse(amid=BOB, status="away"))
        assert {answer.status for answer in await asyncio.gather(*asking)} == {"away"}


async def test_too_many_in_flight_stay_with_the_caller() -> None:
    async with running() as link:
        sends = [
            asyncio.ensure_future(link.channel.send(message(BOB, str(n))))
            for n in range(MAX_IN_FLIGHT)
        ]
        await asyncio.sleep(0)
        with pytest.raises(TransportError) as caught:
            await link.channel.send(message(BOB, "one more"))
        assert caught.value.code == "relay_busy"
        await link.answer_all()
        await asyncio.gather(*sends)


async def test_a_lost_link_is_told_to_whoever_waits() -> None:
    async with running() as link:
        sending = asyncio.ensure_future(link.channel.send(message(BOB, "1")))
        asking = asyncio.ensure_future(link.channel.presence_of(BOB))
        await asyncio.sleep(0)
        link.wire.say(None)
        for waiting in (sending, asking):
            with pytest.raises(TransportError) as caught:
                await waiting
            assert caught.value.code == "relay_link_lost"
        assert link.end == "relay_link_lost"


async def test_a_relay_that_says_why_is_believed_about_that() -> None:
    async with running() as link:
        failure = Failure(code="SHUTTING_DOWN", message="Going down.", retry_after_seconds=5)
        link.wire.say(failure, Disconnect(reason="shutting_down"))
        waiting = asyncio.ensure_future(link.channel.send(message(BOB, "1")))
        with pytest.raises(TransportError):
            await waiting
        assert link.end == "shutting_down"
        assert link.channel.retry_after == 5


async def test_a_relay_that_does_not_answer_is_not_waited_for_for_ever() -> None:
    async with running(answer_seconds=0.01) as link:
        for ask in (link.channel.send(message(BOB, "1")), link.channel.presence_of(BOB)):
            with pytest.raises(TransportError) as caught:
                await ask
            assert caught.value.code == "relay_silent"
        assert not link.channel.is_busy


async def test_a_relay_that_speaks_out_of_turn_is_hung_up_on() -> None:
    async with running() as link:
        link.wire.say(CONNECTED)
        waiting = asyncio.ensure_future(link.channel.send(message(BOB, "1")))
        with pytest.raises(TransportError):
            await waiting
        assert link.end == "relay_frame_out_of_turn"


async def test_authentication_answers_the_challenge_and_measures_the_clock() -> None:
    link = Link()
    caller = caller_called("alice")
    ten_minutes_ago = int(caller.clock.now() * 1000) - 600_000
    link.wire.say(
        Challenge(nonce=bytes(32), relay=ORIGIN, time=ten_minutes_ago, protocols=(PROTOCOL,)),
        CONNECTED,
    )
    await link.channel.authenticate(caller)
    assert [type(frame).__name__ for frame in link.wire.written] == ["Connect"]
    assert link.channel.clock_ahead is not None
    assert 599 < link.channel.clock_ahead < 620


async def test_a_refused_claim_keeps_its_reason() -> None:
    link = Link()
    link.wire.say(
        Challenge(nonce=bytes(32), relay=ORIGIN, time=0, protocols=(PROTOCOL,)),
        Failure(code="TIMESTAMP_EXPIRED", message="Your clock is wrong."),
    )
    with pytest.raises(TransportError) as caught:
        await link.channel.authenticate(caller_called("alice"))
    assert caught.value.code == "timestamp_expired"


async def test_whoever_does_not_begin_with_a_challenge_is_no_relay() -> None:
    link = Link()
    link.wire.say(CONNECTED)
    with pytest.raises(RemoteProtocolError):
        await link.channel.authenticate(caller_called("alice"))
