"""One side of the floor: keys, a ledger, a registry, and a wire to a router that only routes.

Who knocks looks its peer up and fetches a bundle; who is knocked at looks the other up, and lets it
in whatever the answer.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from agentmesh.crypto.seal import open_with_prekeys, open_with_reply_key
from agentmesh.crypto.suites import PQXDH_DR
from agentmesh.observability.world import system_entropy
from agentmesh.protocol import frames
from agentmesh.protocol.frames import (
    Accept,
    Intent,
    Knock,
    ReceiptFrame,
    SealedToPrekeys,
    SealedToReplyKey,
    SessionRequest,
    StalePrekey,
)
from agentmesh.protocol.ids import Amid, SessionId, uuid7
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session.events import Accepted, Allowed, AnyEvent, Heard, Receipted, Resolved
from agentmesh.session.states import AnyState, Knocked, Knocking, Resolving, Terms
from benchmarks.floor.ledger import Ledger
from benchmarks.floor.listed import Listed
from benchmarks.floor.talk import Talk
from benchmarks.peers.router import NAME_LETTERS

_INTENT = Intent(category="communication", subcategory="messaging")

Show = Callable[[Talk, str], None]


class Side(WSListener):
    """Takes what comes over the wire, and hands each text to `show` once it is on the disk."""

    def __init__(self, us: Listed, folder: Path, show: Show) -> None:
        self._us = us
        self._show = show
        self._ledger = Ledger(folder / us.amid, system_entropy)
        for prekey in us.one_time.values():
            self._ledger.keep("prekeys", str(prekey.id), prekey.public)
        self._ledger.commit()
        self._talks: dict[SessionId, Talk] = {}
        self._asking: dict[str, Talk] = {}
        self._read: list[bytes] = []
        self._knocks: set[asyncio.Task[None]] = set()
        self._wire: WSTransport

    async def knock(self, peer: Amid, text: str) -> Talk:
        """Ask the registry for a peer, and say the first word to it."""
        asked = self._us.directory
        bundle, _ = await asyncio.gather(asked.bundle(peer), asked.lookup(peer))
        name = SessionId(uuid7(self._us.ring.clock.now(), system_entropy))
        talk = self._talk(Resolving(terms=_terms(peer, name, ours=True)))
        talk.say([text], Resolved(bundle, PQXDH_DR))
        if isinstance(talk.state, Knocking):
            self._asking[talk.state.reply_secret.id] = talk
        return talk

    def close(self) -> None:
        """Let go of everything."""
        self._wire.disconnect(graceful=False)
        self._ledger.close()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See picows."""
        self._wire = transport
        transport.send(WSMsgType.BINARY, _name(self._us.amid))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - picows'
        """See picows. What came together is taken together, as in a daemon's lane."""
        data = frame.get_payload_as_bytes()[NAME_LETTERS:]
        if data:  # the router's echo of our name has nothing in it
            self._read.append(data)
        if frame.last_in_buffer:
            came, self._read = self._read, []
            self._take([frames.decode(data) for data in came])

    def _take(self, came: Sequence[frames.AnyFrame]) -> None:
        happened: list[tuple[Talk, AnyEvent]] = []
        for frame in came:
            if isinstance(frame, SealedToPrekeys):
                task = asyncio.create_task(self._let_in(frame))
                self._knocks.add(task)
                task.add_done_callback(self._knocks.discard)
            else:
                happened.append(self._event(frame))
        for talk, events in groupby(happened, itemgetter(0)):
            talk.turn(*(event for _, event in events))

    async def _let_in(self, frame: SealedToPrekeys) -> None:
        letter = open_with_prekeys(frame, *self._us.openers())
        document = read(letter.signed, Knock, Purpose.KNOCK)
        await self._us.directory.lookup(letter.signed.amid)
        terms = _terms(letter.signed.amid, document.id, ours=False)
        talk = self._talk(Knocked(terms=terms, knock=letter.signed))
        talk.turn(Allowed(self._us.responder(document.handshake)))

    def _event(self, frame: frames.AnyFrame) -> tuple[Talk, AnyEvent]:
        match frame:
            case SealedToReplyKey():
                talk = self._asking.pop(frame.reply_key_id)
                return talk, _accepted(talk.state, frame)
            case ReceiptFrame():
                return self._talks[frame.session_id], Receipted(frame)
            case SealedToPrekeys() | StalePrekey():
                raise RuntimeError("a KNOCK has its own way, and prekeys here never grow stale")
            case _:
                return self._talks[frame.session_id], Heard(frame)

    def _talk(self, state: AnyState) -> Talk:
        routed = _name(state.terms.peer)

        def emit(payload: bytes) -> None:
            self._wire.send(WSMsgType.BINARY, routed + payload)

        def show(text: str) -> None:
            self._show(talk, text)

        talk = Talk(self._us.ring, state, self._ledger, emit, show)
        self._talks[state.terms.session_id] = talk
        return talk


def _accepted(state: AnyState, frame: SealedToReplyKey) -> Accepted:
    assert isinstance(state, Knocking)
    letter = open_with_reply_key(frame, state.reply_secret)
    return Accepted(read(letter.signed, Accept, Purpose.ACCEPT), letter.signed.amid)


def _terms(peer: Amid, name: SessionId, *, ours: bool) -> Terms:
    return Terms(session_id=name, peer=peer, ours=ours, intent=_INTENT, request=SessionRequest())


def _name(amid: Amid) -> bytes:
    """Return what the router knows an agent by."""
    return amid.encode().ljust(NAME_LETTERS)
