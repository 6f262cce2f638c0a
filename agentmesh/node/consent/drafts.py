"""A message that the agent wrote and the owner has to approve: what it is, and what is approved.

The digest covers exactly what would leave, and to whom. An approval is for this digest.
"""

import hashlib
from typing import Literal

import msgspec

from agentmesh.crypto.kdf import join
from agentmesh.messages.body import Body
from agentmesh.messages.envelope import Context
from agentmesh.messages.payloads import Priority
from agentmesh.node.turn import Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, MessageId, SessionId

APPROVAL_SECONDS = 600
"""So long the owner may say yes; then the agent has to ask again."""
KEPT_SECONDS = 86400
"""So long the owner can read what was written, whatever became of it."""

DraftState = Literal["waiting", "approved", "denied", "expired"]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message that waits for the owner, or waited."""

    message_id: MessageId
    peer: Amid
    type: str
    payload: bytes
    in_reply_to: MessageId | None
    intent: Intent
    request: SessionRequest
    note: str
    session_id: SessionId | None
    digest: str
    asked_at: float
    decided: Literal["", "approved", "denied"] = ""
    secrets: tuple[str, ...] = ()
    reason: str = ""
    priority: Priority = "normal"
    requires: tuple[str, ...] = ()
    context: Context | None = None

    @property
    def wish(self) -> Wish:
        """The session it wants to travel in."""
        return Wish(
            intent=self.intent,
            request=self.request,
            note=self.note,
            session_id=self.session_id,
            requires=self.requires,
        )

    @property
    def until(self) -> float:
        """How long it can be approved."""
        return self.asked_at + APPROVAL_SECONDS

    def state(self, now: float) -> DraftState:
        """Return how it stands. A clock that went back far does not make an old question new."""
        if self.decided:
            return self.decided
        return "waiting" if self.asked_at - APPROVAL_SECONDS <= now < self.until else "expired"

    def is_as_asked(self) -> bool:
        """Whether it still is what its digest was made of."""
        return self.digest == _digest(self)


def draft_of(
    message_id: MessageId, peer: Amid, body: Body, wish: Wish, in_reply_to: MessageId | None
) -> Draft:
    """Return a draft that nobody was asked about yet: it has no digest."""
    return Draft(
        message_id=message_id,
        peer=peer,
        type=body.type,
        payload=body.payload,
        in_reply_to=in_reply_to,
        intent=wish.intent,
        request=wish.request,
        note=wish.note,
        session_id=wish.session_id,
        digest="",
        asked_at=0.0,
        priority=body.priority,
        requires=wish.requires,
        context=body.context,
        secrets=body.secrets,
    )


def asked(draft: Draft, now: float) -> Draft:
    """Return the draft as the owner is asked about it."""
    return msgspec.structs.replace(draft, digest=_digest(draft), asked_at=now)


def _digest(draft: Draft) -> str:
    """Return the SHA-256 over all that would leave, to whom, and which session it wants."""
    parts = join(
        b"agentmesh approval 2",
        draft.message_id.encode(),
        draft.peer.encode(),
        draft.type.encode(),
        draft.payload,
        (draft.in_reply_to or "").encode(),
        msgspec.msgpack.encode((draft.intent, draft.request, draft.requires)),
        msgspec.msgpack.encode((draft.priority, draft.context)),
        draft.note.encode(),
        (draft.session_id or "").encode(),
    )
    return hashlib.sha256(parts).hexdigest()
