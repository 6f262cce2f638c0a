"""What is said of agents, and by us."""

from typing import Annotated, Literal

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Id, Peer, Request
from agentmesh.protocol.feedback import FeedbackTag, Share


class ReputationShow(Request[answers.Reputation], frozen=True, kw_only=True):
    """Show an agent's reputation at the registry, and what it rests on; without one: our own."""

    peer: Peer | Literal[""] = ""


class ReputationRate(Request[answers.Rated], frozen=True, kw_only=True):
    """Rate a peer for a session with it: the one named, or the youngest.

    The registry learns from the receipt that the two agents held this session.
    """

    peer: Peer
    score: Share
    tags: Annotated[tuple[FeedbackTag, ...], Meta(max_length=10)] = ()
    session_id: Id | Literal[""] = ""
