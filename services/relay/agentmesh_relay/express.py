"""The short way, for what most frames are: sends of one kind to one agent that is here.

They are taken together, written together and answered together. What is not so simple is refused
whole, and goes the way of single sends, which can do everything.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import FromAgent, Send
from agentmesh.protocol.world import Clock
from agentmesh_relay.bundle import bundled
from agentmesh_relay.connection import Connection
from agentmesh_relay.figures import Figures
from agentmesh_relay.limits import KIND_OF, Accounts
from agentmesh_relay.neighbours import Sends
from agentmesh_relay.wording import forwarded


def together(frames: Sequence[FromAgent]) -> Iterable[Sequence[FromAgent]]:
    """Return the frames in groups: sends of one kind to one agent, or a single frame."""
    if len(frames) == 1 or _are_alike(frames):
        return (frames,)
    return _grouped(frames)


def _are_alike(frames: Sequence[FromAgent]) -> bool:
    """Whether all of them, as it mostly is, are one group."""
    first = frames[0]
    if type(first) is not Send or first.message_type == "bulk":
        return False
    to, kind = first.to, first.message_type
    alike = [None for it in frames if type(it) is Send and it.to == to and it.message_type == kind]
    return len(alike) == len(frames)


def _grouped(frames: Sequence[FromAgent]) -> Iterator[list[FromAgent]]:
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
        sends: Sequence[Send] = group  # type: ignore[assignment] # all are of one kind
        message_type = first.message_type
        recipient = self._live.get(first.to)
        if recipient is None or (inbox := recipient.inbox) is None:
            return False
        amid, kind, count = sender.amid, KIND_OF[message_type], len(sends)
        if not recipient.visibility.lets_see(amid):
            return False
        if self._accounts.take(amid, kind, count, self._clock.monotonic()):
            return False
        bundle = bundled(amid, sends, int(self._clock.now() * 1000))
        if not inbox.hold_all(bundle):
            self._accounts.give_back(amid, kind, count)
            return False
        self._figures.sends[message_type, "forwarded"] += count
        sender.say_raw(forwarded(bundle.ids, bundle.names))
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
        if not inbox.hold_all(bundled(offered.sender, offered.sends, offered.sent_at)):
            return False
        self._figures.sends[first.message_type, "forwarded"] += len(offered.sends)
        return True
