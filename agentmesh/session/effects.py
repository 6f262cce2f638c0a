"""What a session wants done. Effects do nothing by themselves; the node carries them out."""

import msgspec

from agentmesh.crypto.cipher import Cipher
from agentmesh.messages.envelope import Envelope
from agentmesh.protocol.ids import FrameId, MessageId
from agentmesh.protocol.relay_frames import MessageType
from agentmesh.protocol.session_receipt import SessionReceipt
from agentmesh.session.numbers import Numbers


class Effect(msgspec.Struct, frozen=True):
    """Something to be done."""


class Resolve(Effect, frozen=True):
    """Look the peer up, and come back with `Resolved` or `Unresolvable`."""


class AskPolicy(Effect, frozen=True):
    """Decide about their KNOCK, and come back with `Allowed` or `Denied`."""


class CheckChain(Effect, frozen=True):
    """See whether who answers for the peer holds, and come back with `Vouched` or `Unvouched`."""


class Emit(Effect, frozen=True):
    """Keep this frame and offer it until it is dropped."""

    frame_id: FrameId
    message_type: MessageType
    payload: bytes


class EmitOnce(Effect, frozen=True):
    """Offer this frame once, after the turn is saved. Losing it costs time, not words."""

    message_type: MessageType
    payload: bytes


class Acknowledge(Effect, frozen=True):
    """Tell the peer in a moment what we have of it; a message that leaves before then tells it.

    So it is sealed when it leaves: most never do. Losing it costs time, not words.
    """

    cipher: Cipher
    body: bytes


class Drop(Effect, frozen=True):
    """Stop offering this frame."""

    frame_id: FrameId


class DropAll(Effect, frozen=True):
    """Stop offering this session's frames and errands of one kind; of all kinds if empty."""

    kind: str = ""


class Number(Effect, frozen=True):
    """These messages of ours travel in this frame, each under its number."""

    frame_id: FrameId
    messages: tuple[tuple[MessageId, int], ...]


class Unhold(Effect, frozen=True):
    """There is room: come back with `Unheld`."""


class Hear(Effect, frozen=True):
    """Keep this message for the agent."""

    envelope: Envelope


class ShowUpTo(Effect, frozen=True):
    """The agent may see messages up to this number: none before it is missing."""

    sequence: int


class Confirm(Effect, frozen=True):
    """The peer's daemon has, or the peer's agent has read, these messages of ours."""

    numbers: Numbers
    consumed: bool


class SpendPrekey(Effect, frozen=True):
    """Erase this one-time prekey: it has served."""

    id: int


class Fail(Effect, frozen=True, kw_only=True):
    """Everything unsettled of this session has come to this; or only what never got a number."""

    refused: bool
    reason: str
    retry_after_seconds: int | None = None
    held_only: bool = False


class StartOver(Effect, frozen=True, kw_only=True):
    """Knock again, and say there what is unsettled here, or only what never got a number.

    What the peer told that it has taken stays out. `last_try`: the KNOCK that went before was
    answered by nothing but this; another such answer ends it.
    """

    taken: Numbers = Numbers()
    held_only: bool = False
    last_try: bool = False


class Unsayable(Effect, frozen=True):
    """These messages of ours can never be said here, and why."""

    message_ids: tuple[MessageId, ...]
    reason: str


class Broke(Effect, frozen=True):
    """The peer broke what was agreed."""

    code: str


class KeepReceipt(Effect, frozen=True):
    """Keep what proves this session to anybody, in the place of what was kept before."""

    receipt: SessionReceipt


class TellLost(Effect, frozen=True):
    """Tell the peer that it cannot go on with this session."""


class Began(Effect, frozen=True):
    """The session is open, under this suite."""

    suite: str


class Over(Effect, frozen=True):
    """The session has ended."""

    reason: str
    by_peer: bool


AnyEffect = (
    Resolve
    | AskPolicy
    | CheckChain
    | Emit
    | EmitOnce
    | Acknowledge
    | Drop
    | DropAll
    | Number
    | Unhold
    | Hear
    | ShowUpTo
    | Confirm
    | SpendPrekey
    | Fail
    | StartOver
    | Unsayable
    | Broke
    | KeepReceipt
    | TellLost
    | Began
    | Over
)
