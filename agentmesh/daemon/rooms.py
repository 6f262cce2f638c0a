"""All the rooms of a running agent: what control calls are answered from."""

from dataclasses import dataclass

from agentmesh.daemon.config import Config
from agentmesh.daemon.dashboard.part import Dashboard
from agentmesh.daemon.examinations import Examination
from agentmesh.daemon.figures import Counters
from agentmesh.daemon.guards import Guards
from agentmesh.daemon.policy_file import PolicyFile
from agentmesh.daemon.records import Records
from agentmesh.discovery.chain import Chain
from agentmesh.node.acquaintances import Acquaintances
from agentmesh.node.ahead import Ahead
from agentmesh.node.at_hand import AtHand
from agentmesh.node.breakers import Breakers
from agentmesh.node.certificates.rooms import CertificateRooms
from agentmesh.node.certificates.vigil import Vigil
from agentmesh.node.consent.rooms import ConsentRooms
from agentmesh.node.consent.successions import Successions
from agentmesh.node.conversations import Conversations
from agentmesh.node.errands import Errands
from agentmesh.node.files.room import Files
from agentmesh.node.gatekeeper import Gatekeeper
from agentmesh.node.house_mail import HouseMail
from agentmesh.node.inbox import Inbox
from agentmesh.node.incoming import Incoming
from agentmesh.node.invites.rooms import InviteRooms
from agentmesh.node.journal import Journal
from agentmesh.node.outbox import Outbox
from agentmesh.node.peers import Peers
from agentmesh.node.pings import Pings
from agentmesh.node.presence import Presence
from agentmesh.node.publishing import Publisher
from agentmesh.node.schemas.shelf import SchemaShelf
from agentmesh.node.session_cache import SessionCache
from agentmesh.node.steward import Steward
from agentmesh.node.transparency.succeeding import Succeeding
from agentmesh.node.transparency.taking_back import TakingBack
from agentmesh.node.transparency.watch import LogWatch
from agentmesh.transport.switched import SwitchedTransport


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """Who does what in this process."""

    config: Config
    hand: AtHand
    talks: Conversations
    errands: Errands
    incoming: Incoming
    house_mail: HouseMail
    schemas: SchemaShelf
    files: Files
    inbox: Inbox
    outbox: Outbox
    consent: ConsentRooms
    invites: InviteRooms
    gatekeeper: Gatekeeper
    peers: Peers
    pings: Pings
    acquaintances: Acquaintances
    breakers: Breakers
    guards: Guards
    publisher: Publisher
    watch: LogWatch
    certificates: CertificateRooms
    vigil: Vigil
    taking_back: TakingBack
    successions: Successions
    succeeding: Succeeding
    presence: Presence
    session_cache: SessionCache
    steward: Steward
    transport: SwitchedTransport
    directory: Chain
    ahead: Ahead
    journal: Journal
    records: Records
    policy: PolicyFile
    key_files: Examination
    audit_log: Examination
    around: Examination
    counters: Counters
    dashboard: Dashboard
    started_at: float
