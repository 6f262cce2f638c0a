"""Who is here, and where each frame goes."""

from collections.abc import Callable, Sequence
from functools import partial

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId, uuid7
from agentmesh.protocol.relay_frames import (
    Ack,
    Acked,
    Connect,
    Connected,
    Disconnect,
    ErrorCode,
    Failure,
    FromAgent,
    Limits,
    Presence,
    PresenceQuery,
    PresenceResponse,
    Send,
    Sent,
)
from agentmesh.protocol.world import Clock, Entropy
from agentmesh_relay.abroad import Abroad
from agentmesh_relay.connection import Connection, State
from agentmesh_relay.delivery import ROOM, Memory, letter_of
from agentmesh_relay.express import Express, together
from agentmesh_relay.figures import Figures
from agentmesh_relay.house import House
from agentmesh_relay.inbox import Inbox
from agentmesh_relay.limits import KIND_OF, Accounts, Kind
from agentmesh_relay.mailbox.interface import Letter, Mailbox, Pending, Refusal, Stored
from agentmesh_relay.neighbours import Alone, Forwarded, Neighbours, Sends

NAMES_IN_A_REQUEST = 100
"""A list of who may see an agent counts as a request for so many names of it."""

AWAY_RETRY_SECONDS = 30
"""When to offer a file's chunk again to an agent that is away."""
FULL_RETRY_SECONDS = 1
"""When to offer it again to one that is here and has not taken the last ones yet."""


class Hub:
    """The agents that are connected, by AMID, and the ways between them."""

    def __init__(
        self, allowance: Limits, mailbox: Mailbox, figures: Figures, clock: Clock, entropy: Entropy
    ) -> None:
        self._allowance = allowance
        self._mailbox = mailbox
        self._figures = figures
        self._clock = clock
        self._entropy = entropy
        self._accounts = Accounts(allowance)
        self._live: dict[Amid, Connection] = {}
        self._express = Express(self._live, self._accounts, figures, clock)
        self._neighbours: Neighbours = Alone()
        self._told = ""
        self._lost: Callable[[Amid], None] = lambda _: None
        self._abroad = Abroad(self._live, self._accounts, clock, self._take)
        self.house = House(self._live, self._accounts, clock, self._offered, self.leave)
        # Beyond the numbers of an earlier life of this relay, whose acks may still come.
        self._memory = Memory(self._now() * 1000)
        figures.watch("agents", "Agents connected.", lambda: len(self._live))
        figures.watch("accounts", "Rate limit accounts.", lambda: len(self._accounts))

    @property
    def accounts(self) -> Accounts:
        """What agents have used of their limits."""
        return self._accounts

    def join(self, neighbours: Neighbours) -> None:
        """Be one of several nodes."""
        self._neighbours = self._abroad.neighbours = neighbours
        neighbours.serve(self.house)

    def tell_losses_to(self, registry: str, lost: Callable[[Amid], None]) -> None:
        """Say who hears of agents that went, and that this registry shows to everybody."""
        self._told, self._lost = registry, lost

    def has(self, amid: Amid) -> bool:
        """Whether an agent is connected, here or at another node."""
        return amid in self._live or self._neighbours.has(amid)

    def enter(self, connection: Connection, amid: Amid) -> None:
        """Let an agent in that has proved who it is; another connection of it is displaced."""
        connection.amid = amid
        older = self._live.get(amid)
        self._live[amid] = connection
        if older is not None:
            older.part("DISPLACED", "Another connection of this agent took over.")
            self._release(older)
        self._neighbours.enter(amid, partial(self._open, connection))

    def leave(self, connection: Connection) -> None:
        """Forget a connection. A newer one of the same agent stays."""
        if self._live.get(connection.amid) is connection:
            del self._live[connection.amid]
            self._neighbours.leave(connection.amid, self.house.owed(connection.amid))
            if connection.visibility.shown_at == self._told:
                self._lost(connection.amid)
        self._release(connection)

    def received(self, connection: Connection, frames: Sequence[FromAgent]) -> None:
        """Do what a live agent asks."""
        for group in together(frames):
            first = group[0]
            if type(first) is not Send:
                self._do(connection, first)
            elif not self._express.carry(connection, group) and not self._abroad.carry(
                connection, group
            ):
                for frame in group:
                    self._do(connection, frame)

    def _do(self, connection: Connection, frame: FromAgent) -> None:
        match frame:
            case Ack():
                self._ack(connection, frame)
            case Send():
                self._send(connection, frame)
            case Presence() | PresenceQuery():
                self._presence(connection, frame)
            case Disconnect():
                connection.cut()
            case Connect():
                raise RemoteProtocolError("INVALID_MESSAGE", "You are connected already.")

    def look(self) -> None:
        """Do what time demands. Called every second."""
        self._neighbours.look()

    def clean(self) -> None:
        """Forget what is over. Called every minute."""
        self._accounts.forget_paid(self._clock.monotonic())
        self._mailbox.expire(self._now())

    def _open(self, connection: Connection) -> None:
        if connection.state is State.CLAIMED:
            self._mailbox.open(connection.amid, self._now(), partial(self._opened, connection))

    def _opened(self, connection: Connection, pending: list[Pending]) -> None:
        if connection.state is not State.CLAIMED:
            return  # it went, or was displaced, while the mailbox was read
        connection.state = State.LIVE
        connection.inbox = Inbox(connection, self._mailbox, self._memory, self._clock)
        connection.hand_to(self.received)
        self._figures.connects += 1
        connection.say(
            Connected(
                session_id=uuid7(self._clock.now(), self._entropy),
                pending_messages=len(pending),
                limits=self._allowance,
                keepalive_seconds=limits.PING_SECONDS,
            )
        )
        connection.inbox.begin(pending)

    def _release(self, connection: Connection) -> None:
        if connection.inbox is not None:
            connection.inbox.close()
            connection.inbox = None

    def _send(self, sender: Connection, send: Send) -> None:
        kind = KIND_OF[send.message_type]
        size = len(send.encrypted_payload)
        wait = self._wait(sender, kind, size if kind is Kind.BULK else 1)
        if wait:
            self._say(sender.say, send, Refusal("RATE_LIMITED", wait))
            return
        if not self._abroad.offer(sender, (send,)):
            self._take(letter_of(sender.amid, send, self._now()), sender.say)

    def _offered(self, offered: Sends, say: Callable[[Sent | Forwarded], None]) -> None:
        if self._express.hold(offered):
            say(Forwarded())
            return
        for send in offered.sends:
            self._take(letter_of(offered.sender, send, offered.sent_at), say)

    def _take(self, letter: Letter, say: Callable[[Sent], None]) -> None:
        is_bulk = letter.message_type == "bulk"
        inbox = self.house.inbox_of(letter.recipient)
        if inbox is not None and self.house.lets_see(letter.recipient, letter.sender):
            outcome = inbox.hold(letter)
            if outcome is not None:
                self._figures.sends[letter.message_type, outcome] += 1
                say(Sent(id=letter.id, outcome=outcome))
                return
            if is_bulk:
                self._say(say, letter, Refusal("MAILBOX_FULL", FULL_RETRY_SECONDS))
                return
        if is_bulk:
            # The same answer, whether the recipient is away or does not want to be seen.
            self._say(say, letter, Refusal("MAILBOX_FULL", AWAY_RETRY_SECONDS))
            return
        if inbox is not None:
            if inbox.bring(letter, partial(self._say, say, letter)):
                return
            inbox.expect(letter.sender)
        self._mailbox.put(letter, ROOM, partial(self._kept, letter, say, inbox))

    def _kept(
        self,
        letter: Letter,
        say: Callable[[Sent], None],
        expecting: Inbox | None,
        result: Stored | Refusal,
    ) -> None:
        if expecting is not None:
            expecting.expected(letter.sender)
        self._say(say, letter, result)
        inbox = self.house.inbox_of(letter.recipient)
        if inbox is not None and isinstance(result, Stored):
            size = len(letter.payload)
            inbox.arrived(Pending(result.row, letter.sender, letter.id, size, letter.want_acked))

    def _say(
        self, say: Callable[[Sent], None], about: Send | Letter, result: Stored | Refusal
    ) -> None:
        if isinstance(result, Stored):
            self._figures.sends[about.message_type, "queued"] += 1
            say(Sent(id=about.id, outcome="queued"))
            return
        self._figures.sends[about.message_type, result.code] += 1
        say(
            Sent(
                id=about.id,
                outcome="refused",
                code=result.code,
                retry_after_seconds=result.retry_after_seconds,
            )
        )

    def _ack(self, connection: Connection, ack: Ack) -> None:
        if connection.inbox is None:
            return
        told: dict[Amid, list[FrameId]] = {}
        kept = connection.inbox.ack(ack.deliveries)
        self._figures.delivered += kept.letters
        for sender, frame_id in kept.wanted:
            if connection.visibility.lets_see(sender):
                told.setdefault(sender, []).append(frame_id)
        for amid, ids in told.items():
            acked = Acked(ids=tuple(ids))
            if amid in self._live:
                self.house.told(amid, acked)
            else:
                self._neighbours.tell(amid, acked)

    def _presence(self, connection: Connection, frame: Presence | PresenceQuery) -> None:
        seen_by = frame.visible_to if isinstance(frame, Presence) else None
        wait = self._wait(connection, Kind.REQUEST, 1 + len(seen_by or ()) // NAMES_IN_A_REQUEST)
        if wait:
            busy: ErrorCode = "RATE_LIMITED"
            connection.say(Failure(code=busy, message="Ask less often.", retry_after_seconds=wait))
        elif isinstance(frame, Presence):
            connection.visibility.publish(frame)
        elif frame.amid in self._live or not self._neighbours.ask(
            connection.amid, frame.amid, partial(self._heard, connection, frame.amid)
        ):
            connection.say(self.house.asked(connection.amid, frame.amid))

    def _heard(self, connection: Connection, amid: Amid, response: PresenceResponse | None) -> None:
        connection.say(response or PresenceResponse(amid=amid, status="offline"))

    def _wait(self, connection: Connection, kind: Kind, amount: int) -> int:
        """Return 0 if the agent may, else after how many whole seconds it may ask again."""
        wait = self._accounts.take(connection.amid, kind, amount, self._clock.monotonic())
        if not wait:
            return 0
        connection.bear()
        return int(wait) + 1

    def _now(self) -> int:
        return int(self._clock.now() * 1000)
