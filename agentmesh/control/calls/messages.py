"""To say, to hear, to read, to find."""

from typing import Annotated

from msgspec import Meta, field

from agentmesh.control import answers
from agentmesh.control.calls.request import (
    Body,
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


class Outcome(Request[answers.Sent], frozen=True, kw_only=True):
    """Tell what became of a message of ours."""

    message_id: Id


class Search(Request[answers.SearchResults], frozen=True, kw_only=True):
    """Find agents by `category` or `category/subcategory`; rated ones come first."""

    capability: Intent
    tier_min: float | None = None
    reputation_min: Annotated[float, Meta(ge=0, le=1)] | None = None
    status: Word = ""
    limit: Limit = 20
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
