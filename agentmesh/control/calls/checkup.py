"""The owner's tools: what is wrong, how good our connections are, whether a peer is there."""

from typing import Annotated

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Peer, Request

MAX_PINGS = 20


class Examine(Request[answers.Health], frozen=True, kw_only=True):
    """Tell what `doctor` tells while the daemon runs: of itself, this machine and the home."""


class Probe(Request[answers.Probed], frozen=True, kw_only=True):
    """Measure the daemon's own connections to relay and registry."""


class Ping(Request[answers.Pinged], frozen=True, kw_only=True):
    """Ask a peer's relay whether it is there, and its daemon, inside an open session, to answer.

    No session is begun for it. Only a contact's daemon answers, and not to whom it hides from.
    """

    peer: Peer
    wait: Annotated[float, Meta(ge=0, le=30)] = 5
