"""Session suites below the floor, peer by peer."""

from typing import Literal

from agentmesh.control import answers
from agentmesh.control.calls.request import Peer, Request

DegradedSuite = Literal["", "olm.v1", "x3dh-only.v1"]


class ContactsAllowDegraded(Request[answers.SuitesAllowed], frozen=True, kw_only=True):
    """Permit sessions in a suite below the floor with this peer alone.

    Without `suite` both are permitted; a peer that spoke a stronger one before needs it named.
    `never` takes every such permission back, and ends the sessions that rest on it.
    """

    peer: Peer
    suite: DegradedSuite = ""
    never: bool = False
