"""What every route works with: the stores, the clock, the bounds, and who we are to agents."""

import msgspec

from agentmesh.observability.world import system_entropy
from agentmesh.protocol.requests import Authorization
from agentmesh.protocol.world import Clock
from agentmesh_registry.authority.desk import Authority, AuthorityDesk
from agentmesh_registry.authority.domain import DomainChecker
from agentmesh_registry.config import Config, Rates
from agentmesh_registry.log_key import HeadSigner
from agentmesh_registry.owners.desk import OwnerDesk
from agentmesh_registry.rates import Rate
from agentmesh_registry.relays import Relays
from agentmesh_registry.signers import Signers
from agentmesh_registry.stamps import Stamps
from agentmesh_registry.storage.absences import AbsenceStore
from agentmesh_registry.storage.agents import Agents
from agentmesh_registry.storage.attempts import Attempts
from agentmesh_registry.storage.certificates import CertificateStore
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.lapses import Lapses
from agentmesh_registry.storage.ledger import Ledger
from agentmesh_registry.storage.listings import Listings
from agentmesh_registry.storage.nonces import Nonces
from agentmesh_registry.storage.organizations import Organizations
from agentmesh_registry.storage.prekeys import PrekeyStore
from agentmesh_registry.storage.reputation import Reputation
from agentmesh_registry.storage.revoking import Revocations
from agentmesh_registry.storage.schemas import SchemaStore
from agentmesh_registry.storage.search import Search


class Gates:
    """The rates, each with its buckets."""

    def __init__(self, rates: Rates, clock: Clock) -> None:
        self.requests = Rate(rates.requests, clock)
        self.registrations = Rate(rates.registrations, clock)
        self.agent_requests = Rate(rates.agent_requests, clock)
        self.fetches = Rate(rates.fetches, clock)
        self.one_time = Rate(rates.one_time, clock)
        self.one_time_pair = Rate(rates.one_time_pair, clock)


class Keys(msgspec.Struct, frozen=True):
    """What this registry signs with: the log's heads, and certificates if it has an authority."""

    signer: HeadSigner
    authority: Authority | None


class Desk:
    """One registry, without its HTTP."""

    def __init__(
        self,
        config: Config,
        database: Database,
        keys: Keys,
        audiences: tuple[str, ...],
    ) -> None:
        signer = keys.signer
        clock = signer.clock
        self.audiences = audiences
        self.clock = clock
        self.log_key = signer.public_key
        self.database = database
        self.ledger = Ledger(database, signer)
        self.revocations = Revocations(database)
        self.agents = Agents(database)
        self.signers = Signers(self.agents)
        self.search = Search(database)
        self.listings = Listings(database)
        self.absences = AbsenceStore(database)
        self.relays = Relays(config.relays)
        self.lapses = Lapses(database)
        self.attempts = Attempts(database)
        self.authority = AuthorityDesk(keys.authority, clock, system_entropy)
        self.domains = DomainChecker(config.dns)
        self.certificates = CertificateStore(database)
        self.organizations = Organizations(database)
        self.owners = OwnerDesk(config.providers, clock, system_entropy)
        self.schemas = SchemaStore(database)
        self.reputation = Reputation(database)
        self.prekeys = PrekeyStore(database)
        self.nonces = Nonces(database, self.signers.forget)
        self.gates = Gates(config.rates, clock)
        self.stamps = Stamps(config.stamp_bits, audiences, clock)

    def now(self) -> int:
        """Return the time, in milliseconds since 1970."""
        return int(self.clock.now() * 1000)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, without its HTTP. `target` is path and query as they came."""

    method: str
    target: str
    body: bytes = b""
    authorization: Authorization | None = None
    stamp: str = ""
    address: str = ""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a call: a value that becomes JSON, or text of another kind."""

    body: msgspec.Struct | dict[str, object] | bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = {}
