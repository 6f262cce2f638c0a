"""One connection against a wire that is a pair of queues."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import msgspec
import pytest

from agentmesh.errors import AgentMeshError, RemoteProtocolError, TransportError
from agentmesh.protocol.limits import PROTOCOL
from agentmesh.protocol.relay_frames import (
    Ack,
    Acked,
    Challenge,
    Connected,
    Disconnect,
    Failure,
    FromAgent,
    FromRelay,
    Limits,
    PresenceQuery,
    PresenceResponse,
    Receive,
    Send,
    Sent,
    decode_from_agent,
    encode,
)
from agentmesh.transport.channel import ANSWER_SECONDS, MAX_IN_FLIGHT, PATIENT_BYTES, Channel
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.relay_client import amid_called, message

ORIGIN = "ws://relay"
PATIENCE = 20
ALICE, BOB = amid_called("alice"), amid_called("bob")
LIMITS = msgspec.convert(dict.fromkeys(Limits.__struct_fields__, 1), Limits)
CONNECTED = Connected(session_id="1", pending_messages=0, limits=LIMITS, keepalive_seconds=25)


class FakeWire:
    """The relay's end: `say` a frame, or look at what was `written`."""

    def __init__(self) -> None:
        self.batches: list[list[FromAgent]] = []
        self.has_written = asyncio.Event()
        self.is_slow = False
        self._incoming: asyncio.Queue[FromRelay | None] = asyncio.Queue()

    def say(self, *frames: FromRelay | None) -> None:
        for frame in frames:
            self._incoming.put_nowait(frame)

    @property
    def written(self) -> list[FromAgent]:
        return [frame for batch in self.batches for frame in batch]

    def send_now(self, frame: bytes) -> bool:
        if self.is_slow:
            return False
        self.has_written.set()
        self.batches.append([decode_from_agent(frame)])
        return True

    async def send_together(self, frames: Collection[bytes]) -> None:
        self.has_written.set()
        self.batches.append([decode_from_agent(frame) for frame in frames])

    async def next_frame(self) -> bytes:
        frame = await self._incoming.get()
        if frame is None:
            raise TransportError("relay_link_lost")
        return encode(frame)


class Link:
    def __init__(self, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.wire = FakeWire()
        self.ear = RecordingIncoming()
        self.channel = Channel(
            self.wire,  # type: ignore[arg-type]
            ORIGIN,
            self.ear,
            answer_seconds=answer_seconds,
        )
        self.end = ""

    async def carry(self) -> None:
        try:
            await self.channel.run()
        except AgentMeshError as error:
            self.end = error.code
            self.channel.close()

    async def answer_all(self) -> None:
        """Let the channel write, and say `queued` to all that it sent."""
        for _ in range(3):
            await asyncio.sleep(0)
        self.wire.say(
            *(Sent(id=it.id, outcome="queued") for it in self.wire.written if isinstance(it, Send))
        )


@asynccontextmanager
async def running(answer_seconds: float = ANSWER_SECONDS) -> AsyncIterator[Link]:
    link = Link(answer_seconds=answer_seconds)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(link.carry())
        yield link
        task.cancel()


def received(delivery: int, payload: bytes = b"") -> Receive:
    return Receive(
        delivery=delivery,
        id=str(delivery),  # type: ignore[arg-type]
        sender=BOB,
        message_type="message",
        encrypted_payload=payload,
        timestamp=0,
    )


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
