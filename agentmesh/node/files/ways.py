"""What both directions need: words to a peer, chunks beside them, and what it may."""

from dataclasses import dataclass

from agentmesh.node.consent.grant_book import GrantBook
from agentmesh.node.files.carrier import Carrier
from agentmesh.node.files.mail import FileMail
from agentmesh.node.peers import Peers


@dataclass(frozen=True)
class Ways:
    """The ways to a peer."""

    mail: FileMail
    carrier: Carrier
    peers: Peers
    grants: GrantBook
