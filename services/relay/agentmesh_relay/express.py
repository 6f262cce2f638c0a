"""The short way, for what most frames are: sends of one kind to one agent that is here.

They are taken together, written together and answered together. What is not so simple is refused
whole, and goes the way of single sends, which can do everything.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import cast

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import FromAgent, Send, Sent, encode
from agentmesh.protocol.world import Clock
from agentmesh_relay.connection import Connection
from agentmesh_relay.figures import Figures
from agentmesh_relay.limits import KIND_OF, Accounts
from agentmesh_relay.neighbours import Sends
from agentmesh_relay.outgoing import framed


def together(frames: Sequence[FromAgent]) -> Iterator[list[FromAgent]]:
    """Return the frames in groups: sends of one kind to one agent, or a single frame."""
    group: list[FromAgent] = []
    to, message_type = "", ""
    for frame in frames:
        if type(frame) is not Send or frame.message_type == "bulk":
            if group:
                yield group
            yield [frame]
            group = []
        elif group and frame.to == to and frame.message_type == message_type:
            group.append(frame)
        else:
            if group:
                yield group
            group = [frame]
            to, message_type = frame.to, frame.message_type
    if group:
        yield group


class Express:
    """See above."""

    def __init__(
        self,
        live: Mapping[Amid, Connection],
        accounts: Accounts,
        figures: Figures,
        clock: Clock,
    ) -> None:
        self._live = live
        self._accounts = accounts
        self._figures = figures
        self._clock = clock

    def carry(self, sender: Connection, group: Sequence[FromAgent]) -> bool:
        """Carry all of these and say so, or do nothing."""
        first = group[0]
        if type(first) is not Send or first.message_type == "bulk":
            return False
        sends = cast(Sequence[Send], group)
        message_type = first.message_type
        recipient = self._live.get(first.to)
        if recipient is None or (inbox := recipient.inbox) is None:
            return False
        amid, kind, count = sender.amid, KIND_OF[message_type], len(sends)
        if not recipient.visibility.lets_see(amid):
            return False
        if self._accounts.take(amid, kind, count, self._clock.monotonic()):
            return False
        if not inbox.hold_all(amid, sends, int(self._clock.now() * 1000)):
            self._accounts.give_back(amid, kind, count)
            return False
        self._figures.sends[message_type, "forwarded"] += count
        sender.say_raw(forwarded([send.id for send in sends]))
        return True

    def hold(self, offered: Sends) -> bool:
        """Give all that another node offers to their recipient, or do nothing."""
        first = offered.sends[0]
        recipient = self._live.get(first.to)
        if recipient is None or first.message_type == "bulk":
            return False
        inbox = recipient.inbox
        if inbox is None or not recipient.visibility.lets_see(offered.sender):
            return False
        if not inbox.hold_all(offered.sender, offered.sends, offered.sent_at):
            return False
        self._figures.sends[first.message_type, "forwarded"] += len(offered.sends)
        return True


def forwarded(ids: Sequence[FrameId]) -> bytes:
    """Return `Sent(outcome="forwarded")` for each: WebSocket frames that differ in the id alone."""
    text = "".join(ids)
    size = len(ids[0])
    if text and text.isascii() and set(map(len, ids)) == {size}:
        before, between, after = _around(size)
        return (before + between.join(ids) + after).encode("latin-1")
    return b"".join(framed(encode(Sent(id=one, outcome="forwarded"))) for one in ids)


@lru_cache(64)
def _around(size: int) -> tuple[str, str, str]:
    """Return what stands before, between and after ids of this size: bytes as Latin-1 letters."""
    mark = "\0" * size
    frame = framed(encode(Sent(id=FrameId(mark), outcome="forwarded"))).decode("latin-1")
    before, _, after = frame.partition(mark)
    return before, after + before, after
