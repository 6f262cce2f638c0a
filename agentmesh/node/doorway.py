"""First contact at the door: opening seals, proving who knocks, and the tie when both knock."""

from agentmesh.crypto.seal import open_with_prekeys, open_with_reply_key
from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.invites.side_door import SideDoor
from agentmesh.node.notices import Notice
from agentmesh.node.strangers import Strangers, gave_way, is_vain
from agentmesh.node.turn import Turn
from agentmesh.protocol import limits, session_receipt
from agentmesh.protocol.frames import (
    Accept,
    Knock,
    Letter,
    Reject,
    SealedToPrekeys,
    SealedToReplyKey,
    SessionLost,
    StalePrekey,
    encode,
)
from agentmesh.protocol.ids import FrameId, SessionId, is_id
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session.effects import AskPolicy, EmitOnce
from agentmesh.session.events import Accepted, KnockRepeated, Lost, Rejected
from agentmesh.session.states import (
    Answered,
    Ended,
    Knocked,
    Knocking,
    Open,
    Resting,
    Terms,
)
from agentmesh.storage.interface import KnockRow, Put, Remember

VAIN_SECONDS = 3600
MAX_VAIN_KNOCKS = 100
"""So many KNOCKs of one peer that led to nothing are kept in that time; more leave no trace here.

Their sender offers them again, and they are taken then.
"""


class Doorway:
    """What is sealed to our prekeys or reply keys comes in here."""

    def __init__(self, hand: AtHand, side_door: SideDoor) -> None:
        self._side_door = side_door
        self._store = hand.store
        self._keys = hand.keys
        self.strangers = Strangers(hand)

    # --- a KNOCK -------------------------------------------------------------------------------

    async def knock(
        self, turn: Turn, frame_id: FrameId, frame: SealedToPrekeys
    ) -> SessionId | None:
        """Open a KNOCK, prove its sender, and put it before the policy.

        Return its session if that gave way to one which its sender does not have.
        """
        letter = await self._open(turn, frame_id, frame)
        if letter is None or self._side_door.takes(turn.peer, letter):
            return None
        if letter.kind != "knock":
            raise RemoteProtocolError("frame_of_other_type")
        document = read(letter.signed, Knock, Purpose.KNOCK)
        self._check(turn, letter, (document.sender.amid, document.to), document.timestamp)
        if document.protocol_version != limits.PROTOCOL:
            raise RemoteProtocolError("protocol_mismatch")
        if document.id in turn.talks:
            turn.apply(document.id, KnockRepeated())
            return document.id if gave_way(turn.talks[document.id].state) else None
        if await self._store.remembers(turn.peer, document.id):
            raise RemoteProtocolError("replayed")
        if not is_id(document.id) or await self._is_taken(document.id):
            raise RemoteProtocolError("session_id_taken")
        if _knocked_in_vain(turn) >= MAX_VAIN_KNOCKS:
            raise RemoteProtocolError("too_many_knocks")
        await self.strangers.check_room(turn)
        self._admit_to_policy(turn, letter, document)
        return None

    async def _is_taken(self, session_id: SessionId) -> bool:
        """Whether another session has this id, or had it and left a receipt, which stays as it is.

        Relays see ids, and may tell them.
        """
        return (
            await self._store.session(session_id) is not None
            or await self._store.knock(session_id) is not None
            or await self._store.card(session_receipt.DRAWER, session_id) is not None
        )

    def _admit_to_policy(self, turn: Turn, letter: Letter, document: Knock) -> None:
        terms = Terms(
            session_id=document.id,
            peer=turn.peer,
            ours=False,
            intent=document.intent,
            request=document.session_request,
            capabilities=document.offered_capabilities,
            note=document.note,
        )
        until = turn.now + limits.AGENT_SIGNATURE_MAX_AGE
        turn.sheet.changes.append(Remember(turn.peer, document.id, until))
        turn.sheet.changes.append(Put(_row(turn, document)))
        # Both knocked: the smaller AMID's KNOCK wins, on both sides alike. The other one is kept,
        # and decided about if the winner's is refused.
        both_knocked = any(turn.talks[rival].state.terms.ours for rival in turn.rivals(terms))
        must_wait = both_knocked and self._keys.ring.identity.amid < turn.peer
        turn.adopt(Knocked(terms=terms, knock=letter.signed), [] if must_wait else [AskPolicy()])
        turn.sheet.notices.append(
            Notice(
                kind="knock_received",
                peer=turn.peer,
                session_id=document.id,
                fields={"category": document.intent.category},
            )
        )

    # --- the answer to ours --------------------------------------------------------------------

    async def answer(self, turn: Turn, told_type: str, frame: SealedToReplyKey) -> SessionId | None:
        """Open the answer to a KNOCK of ours. Return its session if we gave it up meanwhile."""
        if self._side_door.takes_answer(turn.peer, frame):
            return None
        given_up = _given_up(turn, frame.reply_key_id)
        if given_up is not None:
            return given_up if told_type == "accept" else None
        session_id, knocking = _asked_with(turn, frame.reply_key_id)
        letter = open_with_reply_key(frame, knocking.reply_secret)
        if letter.kind != told_type:
            raise RemoteProtocolError("frame_of_other_type")
        if letter.kind == "accept":
            accept = read(letter.signed, Accept, Purpose.ACCEPT)
            self._check(turn, letter, (accept.sender, accept.to), accept.timestamp)
            turn.apply(session_id, Accepted(accept, letter.signed.amid))
        else:
            reject = read(letter.signed, Reject, Purpose.REJECT)
            self._check(turn, letter, (reject.sender, reject.to), reject.timestamp)
            turn.apply(session_id, Rejected(reject, letter.signed.amid))
        return None

    async def lost(self, turn: Turn, frame: SealedToPrekeys) -> None:
        """Open the peer's word that it cannot read a session any more."""
        letter = await self._open(turn, None, frame)
        if letter is None or letter.kind != "session_lost":
            raise RemoteProtocolError("frame_of_other_type")
        document = read(letter.signed, SessionLost, Purpose.SESSION_LOST)
        self._check(turn, letter, (document.sender, document.to), document.timestamp)
        talk = turn.talks.get(document.session_id)
        if talk is not None and isinstance(talk.state, Open | Knocking | Answered | Resting):
            turn.apply(document.session_id, Lost())

    # --- opening and proving -------------------------------------------------------------------

    async def _open(
        self, turn: Turn, frame_id: FrameId | None, frame: SealedToPrekeys
    ) -> Letter | None:
        openers = await self._keys.openers(frame)
        if openers is not None:
            return open_with_prekeys(frame, *openers)
        if frame_id is not None and await self.strangers.may_see(turn):
            hint = EmitOnce("reject", encode(StalePrekey(frame_id=frame_id)))
            turn.sheet.once[SessionId(frame_id), "stale_prekey"] = hint
        return None

    def _check(self, turn: Turn, letter: Letter, parties: tuple[str, str], timestamp: int) -> None:
        """Everything that a document between two agents must be, whatever it says."""
        if (letter.signed.amid, *parties) != (turn.peer, turn.peer, self._keys.ring.identity.amid):
            raise CryptoError("invalid_signature")
        age = turn.now - timestamp / 1000
        if not -limits.AGENT_SIGNATURE_MAX_AHEAD <= age <= limits.AGENT_SIGNATURE_MAX_AGE:
            raise RemoteProtocolError("timestamp_out_of_range")


def _knocked_in_vain(turn: Turn) -> int:
    """Return how many KNOCKs of the peer came lately that were not let in."""
    since = turn.now - VAIN_SECONDS
    return sum(1 for talk in turn.talks.values() if talk.opened_at > since and is_vain(talk.state))


def _given_up(turn: Turn, reply_key_id: str) -> SessionId | None:
    for session_id, talk in turn.talks.items():
        if isinstance(talk.state, Ended) and reply_key_id and talk.state.asked_with == reply_key_id:
            return session_id
    return None


def _asked_with(turn: Turn, reply_key_id: str) -> tuple[SessionId, Knocking]:
    for session_id, talk in turn.talks.items():
        asked = talk.state.asked if isinstance(talk.state, Answered) else talk.state
        if isinstance(asked, Knocking) and asked.reply_secret.id == reply_key_id:
            return session_id, asked
    raise RemoteProtocolError("answer_to_nothing")


def _row(turn: Turn, document: Knock) -> KnockRow:
    return KnockRow(
        knock_id=document.id,
        peer=turn.peer,
        name=document.sender.display_name,
        category=document.intent.category,
        subcategory=document.intent.subcategory,
        session_kind=document.session_request.type,
        note=document.note.encode(),
        received_at=turn.now,
        expires_at=turn.now + limits.MAILBOX_SECONDS,
        verdict="pending",
    )
