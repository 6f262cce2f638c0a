"""Sends to agents that other nodes of this relay have."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import FromAgent, Send, Sent
from agentmesh.protocol.world import Clock
from agentmesh_relay.bundle import in_one_piece
from agentmesh_relay.connection import Connection
from agentmesh_relay.delivery import letter_of
from agentmesh_relay.limits import KIND_OF, Accounts, Kind
from agentmesh_relay.mailbox.interface import Letter
from agentmesh_relay.neighbours import Alone, Forwarded, Neighbours, Sends
from agentmesh_relay.wording import forwarded

Take = Callable[[Letter, Callable[[Sent], None]], None]


class Abroad:
    """Offers them to the node that has their recipient. What it cannot say goes to `take`."""

    def __init__(
        self, live: Mapping[Amid, Connection], accounts: Accounts, clock: Clock, take: Take
    ) -> None:
        self._live = live
        self._accounts = accounts
        self._clock = clock
        self._take = take
        self.neighbours: Neighbours = Alone()

    def carry(self, sender: Connection, group: Sequence[FromAgent]) -> bool:
        """Pass on all of these, or do nothing. They are one frame, or sends of one kind."""
        first = group[0]
        if type(first) is not Send or not self._is_abroad(first.to):
            return False
        kind = KIND_OF[first.message_type]
        amount = len(first.encrypted_payload) if kind is Kind.BULK else len(group)
        if self._accounts.take(sender.amid, kind, amount, self._clock.monotonic()):
            return False
        if not self.offer(sender, cast(Sequence[Send], group)):
            self._accounts.give_back(sender.amid, kind, amount)
            return False
        return True

    def offer(self, sender: Connection, sends: Sequence[Send]) -> bool:
        """Pass on what is paid for, if another node has the recipient of it all."""
        if not self._is_abroad(sends[0].to):
            return False
        offered = Sends(sender.amid, int(self._clock.now() * 1000), sends)
        passed = Passed(sender, offered, self._take)
        # The same id twice: one after the other.
        return len(passed) == len(sends) and self.neighbours.offer(offered, passed.told)

    def _is_abroad(self, amid: Amid) -> bool:
        return amid not in self._live and self.neighbours.has(amid)


class Passed:
    """Sends that another node was offered, until it has said what became of each."""

    __slots__ = ("_left", "_sender", "_sends", "_take")

    def __init__(self, sender: Connection, sends: Sends, take: Take) -> None:
        self._sender = sender
        self._sends = sends
        self._take = take
        self._left = {send.id: send for send in sends.sends}

    def __len__(self) -> int:
        return len(self._left)

    def told(self, answer: Sent | Forwarded | None) -> None:
        """Tell the sender; what nobody will say anything about goes the way of the mailbox."""
        if isinstance(answer, Sent):
            self._left.pop(answer.id, None)
            self._sender.say(answer)
        elif answer is not None:
            ids = list(self._left)
            self._sender.say_raw(forwarded(ids, in_one_piece(ids)))
        else:
            for send in self._left.values():
                letter = letter_of(self._sends.sender, send, self._sends.sent_at)
                self._take(letter, self._sender.say)
