"""What can happen to a session: what the agent says, what the peer's frames say, what was found."""

import msgspec

from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.crypto.pqxdh import Responder
from agentmesh.messages.envelope import Context
from agentmesh.messages.payloads import Priority
from agentmesh.protocol.frames import Accept, Constraints, ReceiptFrame, Reject, SessionFrame
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.protocol.limits import MAX_SESSION_SECONDS


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """A message of ours, before it has a number."""

    message_id: MessageId
    type: str
    payload: bytes
    in_reply_to: MessageId | None = None
    timestamp: int
    context: Context | None = None
    priority: Priority = "normal"


class Event(msgspec.Struct, frozen=True):
    """Something that happened."""


class Send(Event, frozen=True):
    """The agent says something."""

    sayings: tuple[Saying, ...]


class Unheld(Event, frozen=True):
    """All that was held back, in its order."""

    sayings: tuple[Saying, ...]


class Resolved(Event, frozen=True):
    """The peer's keys, fetched just now, and the suite that was chosen from its list.

    `first`: the message that may travel with the KNOCK, for a peer that we trust.
    """

    bundle: VerifiedBundle
    suite: str
    first: Saying | None = None


class Unresolvable(Event, frozen=True):
    """The peer's keys cannot be had, or are not to be trusted."""

    reason: str


class Accepted(Event, frozen=True):
    """The peer's answer: yes."""

    accept: Accept
    signer: Amid


class Vouched(Event, frozen=True):
    """Who answers for the peer, as its yes showed, holds."""


class Unvouched(Event, frozen=True):
    """It does not, and why."""

    reason: str


class Rejected(Event, frozen=True):
    """The peer's answer: no."""

    reject: Reject
    signer: Amid


class PrekeyStale(Event, frozen=True):
    """The peer could not open our KNOCK: the keys we used are gone."""


class Allowed(Event, frozen=True):
    """Policy or the owner said yes to their KNOCK, which was made for these keys of ours.

    `hears_first`: the message that travelled with it may be taken.
    """

    prekeys: Responder
    limits: Constraints = Constraints(ttl_seconds=MAX_SESSION_SECONDS)
    hears_first: bool = True


class Denied(Event, frozen=True):
    """Policy or the owner said no. A silent refusal is answered with nothing."""

    reason: str
    human_readable: str = ""
    retry_after_seconds: int | None = None
    silent: bool = False


class KnockRepeated(Event, frozen=True):
    """Their KNOCK came once more."""


class Heard(Event, frozen=True):
    """A frame of the session came."""

    frame: SessionFrame


class Receipted(Event, frozen=True):
    """A receipt came."""

    frame: ReceiptFrame


class Lost(Event, frozen=True):
    """The peer cannot read the session any more; its signed word for that has been checked."""


class Read(Event, frozen=True):
    """The agent has read messages of these numbers."""

    sequences: tuple[int, ...]


class Expired(Event, frozen=True):
    """Numbered messages of ours whose time is over: their numbers must not be missing for ever."""

    sequences: tuple[int, ...]


class Close(Event, frozen=True):
    """End the session and tell the peer why."""

    reason: str


class Overdue(Event, frozen=True):
    """Its time is over, by our own clock."""


class Uncached(Event, frozen=True):
    """What let us talk without a KNOCK holds no more: the next conversation knocks again."""


class Reconnected(Event, frozen=True):
    """There is a way to the peer again: what it does not know of our receipts, it may learn now."""


class Superseded(Event, frozen=True):
    """Both knocked, and theirs won."""


AnyEvent = (
    Send
    | Unheld
    | Resolved
    | Unresolvable
    | Accepted
    | Vouched
    | Unvouched
    | Rejected
    | PrekeyStale
    | Allowed
    | Denied
    | KnockRepeated
    | Heard
    | Receipted
    | Lost
    | Read
    | Expired
    | Close
    | Overdue
    | Uncached
    | Reconnected
    | Superseded
)
