"""This node among the others: passes on what is for their agents, and takes what is for ours."""

import logging
from collections.abc import Callable

from agentmesh.errors import RemoteProtocolError
from agentmesh.observability.logs import Code, record
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Acked, PresenceResponse, Sent
from agentmesh.protocol.world import Clock
from agentmesh_relay.cluster.directory import Directory
from agentmesh_relay.cluster.line import Heard
from agentmesh_relay.cluster.link import NO_LISTENER, Link
from agentmesh_relay.cluster.postbox import ABSENT, ALL, POST_BYTES, SUBJECT, Postbox
from agentmesh_relay.cluster.waiting import Waiting
from agentmesh_relay.cluster.words import (
    Answer,
    Ask,
    Entered,
    Gone,
    Here,
    Left,
    News,
    NodeId,
    Offer,
    Post,
    Reply,
    Tell,
    Who,
    decode,
)
from agentmesh_relay.mailbox.interface import Pending
from agentmesh_relay.neighbours import Forwarded, House, Owed, Sends

RELEASE_SECONDS = 2.0
"""How long an agent that comes waits for the node that had it."""

HERE_AGENTS = 2000
"""How many of our agents stand in one word."""

NOBODY = NodeId("")

_log = logging.getLogger(__name__)


class ClusterNode:
    """See `Neighbours`."""

    def __init__(self, link: Link, origin: str, clock: Clock) -> None:
        self._link = link
        self._origin = origin
        self._clock = clock
        self._name = NodeId(link.name)
        self._postbox = Postbox(link, origin)
        self._waiting = Waiting(clock)
        self._ours: dict[Amid, int] = {}
        self._entering: dict[Amid, tuple[NodeId, float, Callable[[], None]]] = {}
        self._house: House | None = None
        self._foreign_at = float("-inf")
        self.directory = Directory()
        link.listen(f"{SUBJECT}.{ALL}", self._heard)
        link.listen(f"{SUBJECT}.{self._name}", self._heard)
        link.listen(f"{ABSENT}.{self._name}.*", self._absent)
        link.watch(self._postbox.beat, self._waiting.give_up)

    def serve(self, house: House) -> None:
        """Pass on to this house what the others say."""
        self._house = house

    def trouble(self) -> Code | None:
        """Return a word for why we are not one with the others, or None."""
        if self._clock.monotonic() - self._foreign_at < 60:
            return Code("origin_differs")
        return self._link.trouble()

    # --- what the mailbox asks -----------------------------------------------------------------

    def present(self) -> list[Amid]:
        """Return who is here."""
        return list(self._ours)

    def is_here(self, amid: Amid) -> bool:
        """Whether this agent is here."""
        return amid in self._ours

    def arrived(self, amid: Amid, about: Pending) -> None:
        """Give a letter to it that another node has put there, if it is still here."""
        if self._house is not None:
            self._house.arrived(amid, about)

    # --- what the hub asks ---------------------------------------------------------------------

    def enter(self, amid: Amid, then: Callable[[], None]) -> None:
        """See `Neighbours`."""
        was, at, _ = self._entering.get(amid, (self._there(amid), self._clock.monotonic(), then))
        last = max(self.directory.stamp(amid), self._ours.get(amid, 0))
        stamp = self._ours[amid] = max(int(self._clock.now() * 1000), last + 1)
        self.directory.take(amid)
        self._postbox.add(ALL, Entered(amid, stamp, was or NOBODY))
        if was:
            self._entering[amid] = (was, at, then)
        else:
            then()

    def leave(self, amid: Amid, owed: Owed) -> None:
        """See `Neighbours`."""
        if self._ours.pop(amid, None) is not None:
            self._entering.pop(amid, None)
            self._postbox.add(ALL, Left(amid, owed))

    def has(self, amid: Amid) -> bool:
        """See `Neighbours`."""
        return self._there(amid) is not None

    def offer(self, sends: Sends, done: Callable[[Sent | Forwarded | None], None]) -> bool:
        """See `Neighbours`."""
        node = self._there(sends.sends[0].to)
        size = sum([len(send.encrypted_payload) for send in sends.sends])
        if node is None or size > POST_BYTES or not self._waiting.has_room(size):
            return False

        def answered(reply: Reply | None) -> None:
            done(reply if isinstance(reply, Sent | Forwarded) else None)

        number = self._waiting.add(node, len(sends.sends), size, answered)
        self._postbox.add(node, Offer(number, sends.sender, sends.sent_at, tuple(sends.sends)))
        return True

    def ask(self, asker: Amid, amid: Amid, done: Callable[[PresenceResponse | None], None]) -> bool:
        """See `Neighbours`."""
        node = self._there(amid)
        if node is None or not self._waiting.has_room(0):
            return False

        def answered(reply: Reply | None) -> None:
            done(reply if isinstance(reply, PresenceResponse) else None)

        self._postbox.add(node, Ask(self._waiting.add(node, 1, 0, answered), asker, amid))
        return True

    def tell(self, amid: Amid, frame: Acked) -> None:
        """See `Neighbours`."""
        node = self._there(amid)
        if node is not None:
            self._postbox.add(node, Tell(amid, frame))

    # --- what time demands ---------------------------------------------------------------------

    def look(self) -> None:
        """Do what time demands. Called every second."""
        now = self._clock.monotonic()
        self._postbox.beat()
        for node in self.directory.silent(now):
            record(_log, logging.WARNING, "node.silent", node=Code(node))
            self._lost(node)
        self._waiting.look(now)
        for amid, (_, at, then) in list(self._entering.items()):
            if now - at >= RELEASE_SECONDS:
                del self._entering[amid]
                then()

    def part(self) -> None:
        """Tell the others that we go."""
        self._postbox.add(ALL, Gone())
        self._postbox.flush()

    def _there(self, amid: Amid) -> NodeId | None:
        return self.directory.where(amid) if self._link.is_up else None

    def _lost(self, node: NodeId) -> None:
        self.directory.forget(node)
        self._waiting.give_up(node)
        for amid, (was, _, then) in list(self._entering.items()):
            if was == node:
                del self._entering[amid]
                then()

    # --- what the others say -------------------------------------------------------------------

    def _heard(self, heard: Heard) -> None:
        try:
            post = decode(heard.data)
        except RemoteProtocolError as error:
            record(_log, logging.WARNING, "post.dropped", code=Code(error.code))
            return
        if post.node == self._name or self._house is None:
            return
        now = self._clock.monotonic()
        if post.origin != self._origin:
            self._foreign_at = now
            return
        if heard.subject.endswith(f".{ALL}") and not self.directory.is_full(post.node):
            says_something = bool(post.words)
            if self.directory.must_ask(post.node, post.news, now, says_something=says_something):
                self._postbox.add(post.node, Who())
        self._take(post, self._house)

    def _absent(self, heard: Heard) -> None:
        node = NodeId(heard.subject.rpartition(".")[2])
        if heard.status == NO_LISTENER and node in self.directory.nodes():
            record(_log, logging.WARNING, "node.absent", node=Code(node))
            self._lost(node)

    def _take(self, post: Post, house: House) -> None:
        node = post.node
        for word in post.words:
            match word:
                case Offer():
                    sends = Sends(word.sender, word.sent_at, word.sends)
                    house.offered(sends, self._answering(node, word.number))
                case Answer():
                    self._waiting.answer(word.number, word.reply)
                case Ask():
                    self._answering(node, word.number)(house.asked(word.asker, word.amid))
                case Tell():
                    house.told(word.amid, word.frame)
                case _:
                    self._learn(node, word, house)

    def _learn(self, node: NodeId, word: News, house: House) -> None:
        match word:
            case Entered():
                self._entered(node, word, house)
            case Left():
                self._left(node, word, house)
            case Who():
                self._tell_all(node)
            case Here():
                self._here(node, word, house)
            case Gone():
                self._lost(node)

    def _answering(self, node: NodeId, number: int) -> Callable[[Reply], None]:
        return lambda reply: self._postbox.add(node, Answer(number, reply))

    def _entered(self, node: NodeId, word: Entered, house: House) -> None:
        ours = self._ours.get(word.amid)
        if ours is not None and (ours, self._name) > (word.stamp, node):
            return  # it came to us later; that node has heard so, or is about to
        if ours is not None:
            house.displace(word.amid)  # which says that it left
        elif word.was == self._name:
            self._postbox.add(ALL, Left(word.amid, house.owed(word.amid)))
        self.directory.enter(node, word.amid, word.stamp)

    def _left(self, node: NodeId, word: Left, house: House) -> None:
        self.directory.leave(node, word.amid)
        house.owe(word.amid, word.owed)
        waiting = self._entering.get(word.amid)
        if waiting is not None and waiting[0] == node:
            del self._entering[word.amid]
            waiting[2]()

    def _tell_all(self, node: NodeId) -> None:
        agents = list(self._ours.items())
        starts = range(0, max(1, len(agents)), HERE_AGENTS)
        for start in starts:
            part = agents[start : start + HERE_AGENTS]
            is_last = start == starts[-1]
            self._postbox.add(node, Here(self._postbox.news, part, start == 0, is_last))
            self._postbox.flush()

    def _here(self, node: NodeId, word: Here, house: House) -> None:
        if word.is_first:
            self.directory.begin(node)
        for amid, stamp in word.agents:
            self._entered(node, Entered(amid, stamp, NOBODY), house)
        if word.is_last:
            self.directory.end(node, word.news)
