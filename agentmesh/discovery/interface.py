"""Where a peer is, and under which keys: what the node asks, whoever answers.

A directory is believed in what only it can know (tier, reputation, presence). What an agent says
about itself is signed by the agent, and verified before it gets here.
"""

from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.errors import TransportError
from agentmesh.protocol.bounded import Count, Status, Word
from agentmesh.protocol.feedback import Feedback, Flag, Share
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.published_schema import PublishedSchema
from agentmesh.protocol.records import AgentRecord, ExchangeKey, PrekeyUpload
from agentmesh.protocol.signed import Signed


class RateLimited(TransportError):
    """The directory has had enough of us for `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "rate_limited", "Too many requests.", f"Try again in {retry_after} seconds."
        )
        self.retry_after = retry_after


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """What proves a record: it is entry `index` of a log, known by its key, as that stood then."""

    key: bytes
    index: int
    size: int
    at: float


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An agent: its own record, verified, and what the directory says about it.

    Tier, organisation and certificates are its word until somebody has judged the chain.
    `proved` is None where the directory has no log, or did not show it (a search).
    """

    record: AgentRecord
    exchange_key: ExchangeKey
    signed: Signed
    tier: float
    reputation: float
    ratings_count: int
    reputation_status: str
    status: Status
    last_seen: float | None = None
    organization: str = ""
    flags: tuple[Flag, ...] = ()
    certificates: tuple[bytes, ...] = ()
    proved: Proved | None = None

    @property
    def amid(self) -> Amid:
        """The agent's AMID."""
        return self.record.amid

    @property
    def signing_key(self) -> bytes:
        """The agent's Ed25519 public key, from which the AMID follows."""
        return self.signed.signer


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What to search for. `capability` is `category` or `category/subcategory`."""

    capability: str = ""
    tier_min: float | None = None
    reputation_min: float | None = None
    status: Status | None = None
    limit: int = 20
    after: str = ""


class SearchPage(msgspec.Struct, frozen=True):
    """A page of agents, rated ones first. `rejected`: how many did not verify and are left out.

    `total` is counted up to `SEARCH_TOTAL`; `next` is where the next page begins, if there is one.
    """

    results: tuple[Found, ...]
    total: int
    rejected: int = 0
    next: str | None = None


class TagCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many said this of an agent: owners that were proved, and agents without one."""

    tag: Word
    owners: Count
    others: Count


class FlagRaised(msgspec.Struct, frozen=True, kw_only=True):
    """What a directory warns of, and until when."""

    flag: Word
    until: Word


class Reputation(msgspec.Struct, frozen=True, kw_only=True):
    """What a directory says of an agent, and what that rests on."""

    amid: Amid
    reputation_score: Share
    reputation_status: Literal["rated", "unrated"]
    ratings_count: Count
    owners: Count
    sessions: Count
    completed: Count
    tier: float
    registered_at: Word
    tags: Annotated[tuple[TagCount, ...], Meta(max_length=20)] = ()
    flags: Annotated[tuple[FlagRaised, ...], Meta(max_length=20)] = ()


class ProofBegun(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to prove who owns us: where the owner goes, or no `url`: a letter is coming."""

    attempt: Word
    url: Annotated[str, Meta(max_length=4096)]
    expires_in_seconds: Count


class PrekeyCount(msgspec.Struct, frozen=True, kw_only=True):
    """What the directory holds of our prekeys: how many are left, and which ids were the last."""

    one_time: int
    last_one_time_id: int
    signed_prekey_id: int
    kem_prekey_id: int
    low_prekeys: bool


class DirectoryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the directory is doing. `clock_offset`: seconds that its clock is ahead of ours."""

    name: str
    url: str
    state: Literal["unknown", "up", "down"] = "unknown"
    reason: str = ""
    last_answer_at: float | None = None
    clock_offset: float | None = None


class Directory(Protocol):
    """A registry, a DHT, or several of them as one."""

    async def lookup(self, amid: Amid) -> Found:
        """Return who that is, or raise `agent_not_found`."""

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> VerifiedBundle:
        """Return keys to begin a session with; a one-time prekey among them is spent for us."""

    async def register(self, signed: Signed) -> Found:
        """Publish our record (again). Return how others see it."""

    async def publish_prekeys(self, upload: PrekeyUpload) -> PrekeyCount:
        """Publish our prekeys; one-time prekeys are added to those that are there."""

    async def prekey_count(self) -> PrekeyCount:
        """Return what is there of our prekeys."""

    async def set_status(self, status: Status) -> None:
        """Publish our presence; it fades when it is not repeated."""

    async def search(self, query: Query) -> SearchPage:
        """Return a page of agents."""

    async def providers(self) -> tuple[str, ...]:
        """Return where our owner can prove to be our owner."""

    async def begin_proof(self, provider: str, address: str) -> ProofBegun:
        """Begin to prove who owns us."""

    async def prove(self, attempt: str, code: str) -> Found:
        """Hand in the code that the owner was shown; return how others see us now."""

    async def publish_schema(self, signed: Signed) -> None:
        """Publish a schema of ours for good."""

    async def schema(self, schema_id: str) -> PublishedSchema:
        """Return a published schema, verified, or raise `schema_not_found`."""

    async def rate(self, receipt: bytes, feedback: Feedback) -> bool:
        """Rate the other party of a session; return whether that was news."""

    async def reputation(self, amid: Amid) -> Reputation:
        """Return an agent's reputation, or raise `agent_not_found`."""

    def status(self) -> tuple[DirectoryStatus, ...]:
        """Return how each directory behind this one is doing, without asking it."""
