"""To say, to hear, to read, to find."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from agentmesh.control import answers
from agentmesh.control.calls.request import (
    Body,
    Context,
    Id,
    Intent,
    Limit,
    Line,
    Peer,
    Request,
    SessionType,
    Wait,
    Word,
)

MAX_BODIES = 256
"""So many messages are said at once; together they fit into a line."""
Priority = Literal["low", "normal", "high", "urgent"]


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request may cost: about `amount`, and never more than `max_cost`."""

    amount: Annotated[float, Meta(ge=0)] | None = None
    currency: Annotated[str, Meta(max_length=12)] = ""
    max_cost: Annotated[float, Meta(ge=0)] | None = None


class Send(Request[answers.Sent], frozen=True, kw_only=True):
    """Send a message.

    Text is a text message; an object is the payload of a message of type `message_type` (when
    empty: `request` in a request_response session, otherwise `data`). Without `wait` the answer
    comes as soon as the message is kept; with it, once the message is delivered (a request:
    answered) or the time is over (`timed_out`).

    `priority` goes before what waits for the peer, and is told with a request; `budget` is a
    request's. Without what it `requires` of the peer, nothing is said.
    """

    to: Peer
    body: Body
    message_type: Word = ""
    intent: Intent = "communication/messaging"
    action: Word = ""
    type: SessionType = "conversation"
    session_id: Word = ""
    note: Line = ""
    priority: Priority | None = None
    budget: Budget | None = None
    requires: Annotated[tuple[Word, ...], Meta(max_length=16)] = ()
    wait: Wait | None = None
    context: Context = ""


class SendAll(Request[answers.SentAll], frozen=True, kw_only=True):
    """Send several messages to one peer: all are kept, in their order, or none.

    Each is what `send` makes of it, with the same fields; where `send` would refuse one of them,
    none is kept, and the error says which one it is (`at`). What the owner has to approve waits for
    that, and the others do not. `outcome` tells what becomes of each.
    """

    to: Peer
    bodies: Annotated[list[Body], Meta(min_length=1, max_length=MAX_BODIES)]
    message_type: Word = ""
    intent: Intent = "communication/messaging"
    action: Word = ""
    type: SessionType = "conversation"
    session_id: Word = ""
    note: Line = ""
    priority: Priority | None = None
    budget: Budget | None = None
    requires: Annotated[tuple[Word, ...], Meta(max_length=16)] = ()
    context: Context = ""


class Outcome(Request[answers.Sent], frozen=True, kw_only=True):
    """Tell what became of a message; with `wait` as in `send`.

    `seen` is the id of the last `status` known (empty: none): the wait ends with the next one.
    """

    message_id: Id
    seen: Word | None = None
    wait: Wait | None = None
    context: Context = ""


class Reply(Request[answers.Sent], frozen=True, kw_only=True):
    """Answer a message in its session; an object is a `response` where a request is answered."""

    message_id: Id
    body: Body
    message_type: Word = ""
    wait: Wait | None = None
    context: Context = ""


class Inbox(Request[answers.Inbox], frozen=True, kw_only=True):
    """List messages: the newest, of unread ones the oldest. With `wait`: wait for the first one.

    `content` asks for the injection-safe form; an agent gets no other. `after` is the id of the
    last message already seen. `waking`: only unread ones of contacts that may wake the agent.
    `apart`: for a host with a session for each peer; each message comes with the token of that
    session, and counts as read there.
    """

    unread: bool = False
    waking: bool = False
    sender: Word | Peer = field(default="", name="from")
    after: Word = ""
    limit: Limit = 20
    wait: Wait = 0
    content: bool = False
    apart: bool = False
    context: Context = ""


class Read(Request[answers.Consumed], frozen=True, kw_only=True):
    """Mark a message as consumed, which its sender is told. `start` is for a long `content`."""

    message_id: Id
    content: bool = False
    start: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    context: Context = ""


class Search(Request[answers.SearchResults], frozen=True, kw_only=True):
    """Find agents by `category` or `category/subcategory`; rated ones come first.

    An agent that has read others' words finds them by the standard categories, among the first 500.
    """

    capability: Intent
    tier_min: float | None = None
    reputation_min: Annotated[float, Meta(ge=0, le=1)] | None = None
    status: Word = ""
    limit: Limit = 20
    after: Word = ""
    context: Context = ""
