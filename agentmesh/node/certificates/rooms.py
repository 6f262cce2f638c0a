"""The rooms of certificates, joined."""

from collections.abc import Callable
from dataclasses import dataclass

from agentmesh.discovery.chain import Chain
from agentmesh.discovery.office import Office
from agentmesh.discovery.trust import Trust
from agentmesh.node.at_hand import AtHand
from agentmesh.node.certificates.fleets import Fleets
from agentmesh.node.certificates.own import OwnCertificate
from agentmesh.node.certificates.showings import Showings


@dataclass(frozen=True, kw_only=True)
class Authority:
    """The authority of our registry: what it does for us, and how it is judged by."""

    office: Office
    trust: Trust


@dataclass(frozen=True, kw_only=True)
class CertificateRooms:
    """The certificate that we bear, those that we issue, and whom we trust."""

    own: OwnCertificate
    fleets: Fleets
    trust: Trust
    showings: Showings


def certificate_rooms(
    hand: AtHand, authority: Authority, directory: Chain, tier: Callable[[], float]
) -> CertificateRooms:
    """Return the rooms, each with its partners. `tier` is what the registry says of us."""
    office, trust = authority.office, authority.trust
    return CertificateRooms(
        own=OwnCertificate(hand, office, trust, tier),
        fleets=Fleets(hand, office, trust, directory),
        trust=trust,
        showings=Showings(hand.store),
    )
