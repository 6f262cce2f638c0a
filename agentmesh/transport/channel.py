"""One connection to a relay, from its challenge to its end."""

import asyncio
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import NoReturn, TypeVar

from agentmesh.errors import AgentMeshError, RemoteProtocolError, TransportError
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import (
    Ack,
    Acked,
    Challenge,
    Connected,
    Disconnect,
    Failure,
    FromAgent,
    FromRelay,
    PresenceQuery,
    PresenceResponse,
    Receive,
    Send,
    Sent,
    decode_from_relay,
    encode,
)
from agentmesh.transport.caller import Caller
from agentmesh.transport.dialling import CONNECT_SECONDS
from agentmesh.transport.interface import Arrival, Incoming
from agentmesh.transport.wire import Wire

MAX_IN_FLIGHT = 1000
MAX_UNWRITTEN_BYTES = 4 * 1024 * 1024
"""At these bounds `send` raises `relay_busy`: the frame stays with the caller."""

MAX_UNACKED, MAX_UNACKED_BYTES = 2048, 4 * 1024 * 1024
"""More than a relay may have under way at once. One that brings more is hung up on: else it would
bring until what we had no time for has filled our memory."""

ANSWER_SECONDS = 30
PATIENT_BYTES = 32 * 1024
ACK_SECONDS = 0.01
"""So much that was saved may wait so long for more, or for a frame that leaves anyhow."""

ACKS_IN_A_FRAME = 1000

T = TypeVar("T")
F = TypeVar("F", bound=FromRelay)


class Channel:
    """An authenticated connection. It works while `run` runs."""

    def __init__(
        self,
        wire: Wire,
        origin: str,
        incoming: Incoming,
        *,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._answer_seconds = answer_seconds
        self._wire = wire
        self._origin = origin
        self._mark = object()
        self._incoming = incoming
        self.clock_ahead: float | None = None
        self._failure: Failure | None = None
        self._news = asyncio.Event()
        self._unwritten: deque[bytes] = deque()
        self._unwritten_bytes = 0
        self._is_writing = False
        self._acks: deque[int] = deque()
        self._acked_bytes = 0
        self._acks_are_due: asyncio.Handle | None = None
        self._unacked = self._unacked_bytes = 0
        self._arrivals: list[Arrival] = []
        self._answers: dict[FrameId, asyncio.Future[Sent]] = {}
        self._presences: dict[Amid, asyncio.Future[PresenceResponse]] = {}

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._answers or self._presences)

    @property
    def retry_after(self) -> int:
        """How many seconds the relay asked us to stay away."""
        return (self._failure and self._failure.retry_after_seconds) or 0

    async def authenticate(self, caller: Caller) -> None:
        """Prove who we are."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                challenge = await self._expect(Challenge)
                caller.heard(challenge.time / 1000)
                self.clock_ahead = caller.clock.now() - challenge.time / 1000
                answer = caller.answer(challenge, self._origin)
                await self._wire.send_together([encode(answer)])
                await self._expect(Connected)
        except TimeoutError:
            raise TransportError("relay_timeout", f"{self._origin} does not answer.") from None

    async def run(self) -> None:
        """Carry frames until the connection is lost; always ends with `TransportError`."""
        lost: BaseException
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read())
                tasks.create_task(self._write())
        except* AgentMeshError as errors:
            lost = errors.exceptions[0]
        else:
            lost = TransportError("relay_link_lost")
        raise lost

    def close(self) -> None:
        """Tell everybody who waits that there will be no answer."""
        for answer in self._answers.values():
            _fail(answer)
        for question in self._presences.values():
            _fail(question)

    async def send(self, frame: Send) -> Sent:
        """Offer a frame and return the relay's answer."""
        if len(self._answers) >= MAX_IN_FLIGHT or frame.id in self._answers:
            raise TransportError("relay_busy", "Too much is on its way to the relay.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sent] = loop.create_future()
        self._answers[frame.id] = answer
        late = loop.call_later(self._answer_seconds, _give_up, answer)
        try:
            self.say(frame)
            return await answer
        finally:
            late.cancel()
            del self._answers[frame.id]

    async def presence_of(self, amid: Amid) -> PresenceResponse:
        """Ask how a peer is; those who ask for the same peer share one question."""
        answer = self._presences.get(amid)
        if answer is None:
            if len(self._presences) >= MAX_IN_FLIGHT:
                raise TransportError("relay_busy", "Too much is on its way to the relay.")
            self.say(PresenceQuery(amid=amid))
            answer = self._presences[amid] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await asyncio.shield(answer)
        except TimeoutError:
            self._presences.pop(amid, None)
            raise TransportError("relay_silent", "The relay did not answer.") from None

    def ack(self, arrivals: Iterable[Arrival]) -> None:
        """Say that these are saved, with others of this moment: nobody waits for it."""
        ours = [it.frame for it in arrivals if it.connection is self._mark]
        if ours and not self._acks:
            later = asyncio.get_running_loop().call_later
            self._acks_are_due = later(ACK_SECONDS, self._news.set)
        self._acks.extend(frame.delivery for frame in ours)
        size = sum(len(frame.encrypted_payload) for frame in ours)
        self._unacked -= len(ours)
        self._unacked_bytes -= size
        self._acked_bytes += size
        if self._acked_bytes > PATIENT_BYTES:
            self._news.set()

    def say(self, frame: FromAgent) -> None:
        """Write a frame: now, or behind those that the network has not taken yet."""
        data = encode(frame)
        if not (self._unwritten or self._is_writing) and self._wire.send_now(data):
            if self._acks:
                self._news.set()  # they go behind it: the relay is awake
            return
        if self._unwritten_bytes + len(data) > MAX_UNWRITTEN_BYTES:
            raise TransportError("relay_busy", "Too much is on its way to the relay.")
        self._unwritten.append(data)
        self._unwritten_bytes += len(data)
        self._news.set()

    async def _expect(self, kind: type[F]) -> F:
        frame = decode_from_relay(await self._wire.next_frame())
        if isinstance(frame, Failure):
            self._failure = frame
            raise TransportError(frame.code.lower(), frame.message[:200])
        if not isinstance(frame, kind):
            raise RemoteProtocolError("relay_frame_out_of_turn")
        return frame

    async def _write(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._acks_are_due is not None:
                self._acks_are_due.cancel()
            while self._acks:
                numbers = tuple(islice(self._acks, ACKS_IN_A_FRAME))
                for _ in numbers:
                    self._acks.popleft()
                self._unwritten.append(encode(Ack(deliveries=numbers)))
            self._acked_bytes = 0
            frames, self._unwritten = self._unwritten, deque()
            self._unwritten_bytes = 0
            self._is_writing = True
            await self._wire.send_together(frames)
            self._is_writing = False  # not if that fails: nothing may follow half a frame

    async def _read(self) -> None:
        while True:
            try:
                self._hear(await self._wire.next_frame())
            except TransportError:
                raise self._loss() from None

    def _hear(self, data: bytes) -> None:
        self._take(decode_from_relay(data))

    def _take(self, frame: FromRelay) -> None:
        match frame:
            case Sent():
                _resolve(self._answers.get(frame.id), frame)
            case Receive():
                self._receive(frame)
            case Acked():
                self._incoming.acked(frame.ids)
            case PresenceResponse():
                _resolve(self._presences.pop(frame.amid, None), frame)
            case Failure():
                self._failure = frame
            case Disconnect():
                raise self._loss()
            case Challenge() | Connected():
                raise RemoteProtocolError("relay_frame_out_of_turn")

    def _receive(self, frame: Receive) -> None:
        self._unacked += 1
        self._unacked_bytes += len(frame.encrypted_payload)
        if self._unacked > MAX_UNACKED or self._unacked_bytes > MAX_UNACKED_BYTES:
            self._hang_up()
        if not self._arrivals:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._arrivals.append(Arrival(frame, self._mark))

    def _hang_up(self) -> NoReturn:
        """End this at once: else it would go on until the relay has read that we close."""
        self._wire.cut()
        raise RemoteProtocolError("relay_frame_out_of_turn")

    def _hand_over(self) -> None:
        arrivals, self._arrivals = self._arrivals, []
        self._incoming.arrived(arrivals)

    def _loss(self) -> TransportError:
        if self._failure is None:
            return TransportError("relay_link_lost", "The relay is gone.")
        return TransportError(self._failure.code.lower(), self._failure.message[:200])


def _resolve(future: asyncio.Future[T] | None, value: T) -> None:
    if future is not None and not future.done():
        future.set_result(value)


def _give_up(future: asyncio.Future[Sent]) -> None:
    if not future.done():
        future.set_exception(TransportError("relay_silent", "The relay did not answer."))


def _fail(future: asyncio.Future[T]) -> None:
    if not future.done():
        future.set_exception(TransportError("relay_link_lost", "The relay is gone."))
        future.exception()  # whoever waits gets it; if nobody does, that is no error
