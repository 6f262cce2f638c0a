"""What the nodes of one relay say to each other, as MessagePack; many words in one post."""

from typing import Annotated, NewType

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Acked, PresenceResponse, Send, Sent
from agentmesh_relay.neighbours import Forwarded

NodeId = NewType("NodeId", str)
Reply = Sent | Forwarded | PresenceResponse


class Word(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing that a node says."""


class Offer(Word, frozen=True, tag="offer"):
    """Take this for an agent of yours, and say what became of it."""

    number: int
    sender: Amid
    sent_at: int
    sends: Annotated[tuple[Send, ...], msgspec.Meta(min_length=1)]


class Ask(Word, frozen=True, tag="ask"):
    """Say how an agent of yours is, as far as this one may know."""

    number: int
    asker: Amid
    amid: Amid


class Answer(Word, frozen=True, tag="answer"):
    """To an offer, or to a question."""

    number: int
    reply: Reply


class Tell(Word, frozen=True, tag="tell"):
    """Say this to an agent of yours."""

    amid: Amid
    frame: Acked


class Entered(Word, frozen=True, tag="entered"):
    """This agent is at my place, and no longer at any other; `was`: who had it, or nobody.

    Of two nodes that say so the one with the greater stamp has it.
    """

    amid: Amid
    stamp: int
    was: NodeId


class Left(Word, frozen=True, tag="left"):
    """This agent is not at my place; `owed`: what it has used of its limits, in seconds."""

    amid: Amid
    owed: tuple[float, ...]


class Who(Word, frozen=True, tag="who"):
    """Tell me everybody you have."""


class Here(Word, frozen=True, tag="here"):
    """Some of those I have, with their stamps; `news`: as of this many posts to all."""

    news: int
    agents: list[tuple[Amid, int]]
    is_first: bool
    is_last: bool


class Gone(Word, frozen=True, tag="gone"):
    """I am going down."""


News = Entered | Left | Who | Here | Gone
AnyWord = Offer | Ask | Answer | Tell | News


class Post(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one node says at a time.

    `news` counts its posts to all that said something: whoever missed one sees it at the next,
    which comes each second even if there is nothing to say.
    """

    node: NodeId
    origin: str
    news: int
    words: list[AnyWord]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Post)


def encode(post: Post) -> bytes:
    """Return a post's bytes."""
    return _encoder.encode(post)


def decode(data: bytes) -> Post:
    """Return what a node said, or blame it."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("post_malformed") from None
