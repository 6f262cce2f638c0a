"""What two agents sign to each other when one joins by the other's invite (docs/protocol.md, 3).

joiner                          inviter
JoinAsk   (sealed to prekeys)   ->
                                <-   JoinAnswer, or JoinEnd  (sealed to the reply key)
JoinProof (sealed to prekeys)   ->
                                <-   JoinEnd
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agentmesh.protocol.bounded import Count, Key32, Milliseconds, Name, Word
from agentmesh.protocol.frames import ReplyKey
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Document

Slot = Annotated[int, Meta(ge=1, le=99)]
"""Which of its invites the inviter is to use; the code names it."""
PakeMessage = Annotated[bytes, Meta(min_length=33, max_length=33)]
"""SPAKE2 over Ed25519: the side, `A` or `B`, and a point."""
Ending = Literal["welcome", "wrong_code", "expired", "used", "dead"]


class JoinAsk(Document, frozen=True, kw_only=True):
    """I have a code of yours."""

    id: Word
    slot: Slot
    pake: PakeMessage
    reply_key: ReplyKey
    name: Name = ""
    timestamp: Milliseconds
    sender: Amid = msgspec.field(name="from")
    to: Amid


class JoinAnswer(Document, frozen=True, kw_only=True):
    """Then show that you know its words."""

    id: Word
    pake: PakeMessage
    timestamp: Milliseconds
    sender: Amid = msgspec.field(name="from")
    to: Amid


class JoinProof(Document, frozen=True, kw_only=True):
    """I do."""

    id: Word
    tag: Key32
    timestamp: Milliseconds
    sender: Amid = msgspec.field(name="from")
    to: Amid


class JoinEnd(Document, frozen=True, kw_only=True):
    """You are welcome, and I know them too; or why not. `tag` counts with `welcome` only."""

    id: Word
    ending: Ending
    tries_left: Count = 0
    tag: Key32 = bytes(32)
    name: Name = ""
    timestamp: Milliseconds
    sender: Amid = msgspec.field(name="from")
    to: Amid
