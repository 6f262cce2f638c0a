"""The calls on the control socket: what is asked. Who may ask it says `table.py`.

A peer is written as alias, contact's name, AMID or DID. A call that waits has a bound and gives
one answer; `events.subscribe` alone goes on. `docs/control.md` is made from these types.
"""

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, field

from agentmesh.control import answers, owner_answers

Permit = Literal["agent", "owner"]
"""`owner` may do everything. `agent` is taken with `hello`, and not given back."""

MAX_LINE = 1024 * 1024
"""A request in bytes, its newline included."""
MAX_ANSWER_LINE = 64 * 1024 * 1024
"""An answer: a page of the largest messages, with every letter escaped."""
MAX_WAIT_SECONDS = 600

Peer = Annotated[str, Meta(min_length=1, max_length=200)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Word = Annotated[str, Meta(max_length=64)]
Intent = Annotated[str, Meta(min_length=1, max_length=129)]
Line = Annotated[str, Meta(max_length=280)]
Wait = Annotated[float, Meta(ge=0, le=MAX_WAIT_SECONDS)]
Limit = Annotated[int, Meta(ge=1, le=100)]
Body = str | dict[str, Any]
SessionType = Literal["request_response", "conversation", "stream"]

A_co = TypeVar("A_co", bound=answers.Answer, covariant=True)


class Request(
    msgspec.Struct,
    Generic[A_co],
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What is asked; the type argument is what is answered."""


class Hello(Request[answers.Welcome], frozen=True, kw_only=True):
    """Take a permit for the rest of this connection; it can be narrowed, never widened."""

    permit: Permit = "owner"


class Status(Request[answers.Status], frozen=True, kw_only=True):
    """Tell who we are and how we are."""


class Send(Request[answers.Sent], frozen=True, kw_only=True):
    """Send a message.

    Text is a text message; an object is the payload of a message of type `message_type` (when
    empty: `request` in a request_response session, otherwise `data`). Without `wait` the answer
    comes as soon as the message is kept; with it, once the message is delivered (a request:
    answered) or the time is over (`timed_out`).
    """

    to: Peer
    body: Body
    message_type: Word = ""
    intent: Intent = "communication/messaging"
    action: Word = ""
    type: SessionType = "conversation"
    session_id: Word = ""
    note: Line = ""
    wait: Wait | None = None


class Reply(Request[answers.Sent], frozen=True, kw_only=True):
    """Answer a message in its session; an object is a `response` where a request is answered."""

    message_id: Id
    body: Body
    message_type: Word = ""
    wait: Wait | None = None


class Inbox(Request[answers.Inbox], frozen=True, kw_only=True):
    """List messages: the newest, of unread ones the oldest. With `wait`: wait for the first one.

    `content` asks for the injection-safe form; an agent gets no other. `after` is the id of the
    last message already seen.
    """

    unread: bool = False
    sender: Word | Peer = field(default="", name="from")
    after: Word = ""
    limit: Limit = 20
    wait: Wait = 0
    content: bool = False


class Read(Request[answers.Consumed], frozen=True, kw_only=True):
    """Mark a message as consumed, which its sender is told."""

    message_id: Id
    content: bool = False


class Search(Request[answers.SearchResults], frozen=True, kw_only=True):
    """Find agents by `category` or `category/subcategory`; rated ones come first."""

    capability: Intent
    tier_min: float | None = None
    reputation_min: Annotated[float, Meta(ge=0, le=1)] | None = None
    status: Word = ""
    limit: Limit = 20
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class KnocksList(Request[answers.Knocks], frozen=True, kw_only=True):
    """List who wanted to talk; by default only those that wait for the owner."""

    pending: bool = True
    limit: Limit = 20


class KnocksApprove(Request[answers.Decided], frozen=True, kw_only=True):
    """Accept a KNOCK; its sender becomes a contact."""

    id: Id


class KnocksDeny(Request[answers.Decided], frozen=True, kw_only=True):
    """Dismiss a KNOCK; its sender sees silence."""

    id: Id


class KnocksBlock(Request[answers.Decided], frozen=True, kw_only=True):
    """Dismiss a KNOCK and block its sender."""

    id: Id


class Sessions(Request[answers.Sessions], frozen=True, kw_only=True):
    """List the sessions."""


class Kill(Request[answers.Killed], frozen=True, kw_only=True):
    """End one session; the peer is told."""

    session_id: Id


class Pause(Request[answers.Breakers], frozen=True, kw_only=True):
    """Take no new knocks; open sessions go on."""


class Resume(Request[answers.Breakers], frozen=True, kw_only=True):
    """Take new knocks again."""


class Shutdown(Request[answers.Breakers], frozen=True, kw_only=True):
    """The breaker: end all sessions, go offline, stay so until `up`."""


class Wake(Request[answers.Breakers], frozen=True, kw_only=True):
    """Go online again after `shutdown`; `agentmesh up` calls it where a daemon is running."""


class Stop(Request[answers.Stopping], frozen=True, kw_only=True):
    """End the daemon's process; sessions and messages stay for its next start."""


class Block(Request[answers.Blocked], frozen=True, kw_only=True):
    """Never hear from this peer again; its sessions end."""

    peer: Peer


class Unblock(Request[answers.Blocked], frozen=True, kw_only=True):
    """Let this peer knock again."""

    peer: Peer


class PolicyGet(Request[answers.Policy], frozen=True, kw_only=True):
    """Read the policy, or the part that a dotted key names."""

    key: Line = ""


class PolicySet(Request[answers.Policy], frozen=True, kw_only=True):
    """Set one field of the policy; dotted keys reach inside. The answer is the whole policy."""

    key: Annotated[str, Meta(min_length=1, max_length=280)]
    value: Any


class ContactsList(Request[answers.Contacts], frozen=True, kw_only=True):
    """List the contacts."""


class ContactsAdd(Request[answers.Kept], frozen=True, kw_only=True):
    """Make a peer a contact: it may talk to us without asking."""

    peer: Peer
    alias: Word = ""
    description: Line = ""


class ContactsAlias(Request[answers.Kept], frozen=True, kw_only=True):
    """Give a contact a name of our own; an empty one takes it away."""

    peer: Peer
    alias: Word


class ContactsTrust(Request[answers.Kept], frozen=True, kw_only=True):
    """Set how far a contact is trusted: 0 unknown, 1 verified, 2 trusted, 3 allied."""

    peer: Peer
    trust: Annotated[int, Meta(ge=0, le=3)]


class ContactsRemove(Request[answers.Removed], frozen=True, kw_only=True):
    """Forget a contact; it has to knock again."""

    peer: Peer


class Verify(Request[owner_answers.SafetyNumber], frozen=True, kw_only=True):
    """Show the safety number of ours and a peer's key.

    `confirm` says that the owners compared it and it is the same; the peer has to be a contact.
    """

    peer: Peer
    confirm: bool = False


class TranscriptsList(Request[owner_answers.Transcripts], frozen=True, kw_only=True):
    """List the sessions of which there is a transcript."""

    limit: Limit = 20


class TranscriptsShow(Request[owner_answers.Transcript], frozen=True, kw_only=True):
    """Read a session's transcript, from entry number `first` on."""

    session_id: Id
    first: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 1
    limit: Limit = 100


class Logs(Request[answers.Logs], frozen=True, kw_only=True):
    """Read the end of the audit log."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class Health(Request[answers.Health], frozen=True, kw_only=True):
    """Tell what the daemon finds wrong with itself and its services."""


class EventsSubscribe(Request[answers.Subscribed], frozen=True, kw_only=True):
    """Be told what happens, as notifications `event`; empty = everything this permit may know."""

    kinds: Annotated[list[Word], Meta(max_length=64)] = []
