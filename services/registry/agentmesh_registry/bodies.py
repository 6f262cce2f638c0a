"""What comes in and what goes out, as JSON. `bytes` are base64 there; times are RFC 3339."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agentmesh.protocol import limits
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.feedback import Feedback, FeedbackTag, Flag
from agentmesh.protocol.published_schema import SchemaName
from agentmesh.protocol.records import Capability
from agentmesh.protocol.session_receipt import MAX_RECEIPT_BYTES
from agentmesh.protocol.transparency import LogProof, Size

Limit = Annotated[int, Meta(ge=1, le=limits.PAGE)]
AmidText = Annotated[
    str,
    Meta(
        max_length=60,
        description="An AMID, or its DID.",
        extra_json_schema={"pattern": "^(did:agentmesh:)?[1-9A-HJ-NP-Za-km-z]{20,28}$"},
    ),
]
TierText = Annotated[float, Meta(extra_json_schema={"enum": [1, 1.5, 2]})]
Receipt64 = Annotated[
    bytes, Meta(max_length=MAX_RECEIPT_BYTES, description="Base64 of a session receipt.")
]
_WORD = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
CapabilityText = Annotated[
    str, Meta(max_length=200, extra_json_schema={"pattern": f"^({_WORD}(/{_WORD})?)?$"})
]
Signed64 = Annotated[bytes, Meta(description="Base64 of the MessagePack of a Signed document.")]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes in: a JSON body, or path and query."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What goes out."""


class Nothing(Asked, frozen=True, kw_only=True):
    """No parameters."""


class Register(Asked, frozen=True, kw_only=True):
    """The agent's own signed record. Nothing else is believed."""

    record: Signed64
    log_size: Size = 0
    verification_token: Annotated[str, Meta(max_length=512)] = ""


class Lookup(Asked, frozen=True, kw_only=True):
    """Which agent."""

    amid: AmidText


class LookupProved(Lookup, frozen=True, kw_only=True):
    """Which agent, and how many entries of the log the asker knows."""

    log_size: Size = 0


class Find(Asked, frozen=True, kw_only=True):
    """What to search for. `capability` is `category` or `category/subcategory`."""

    capability: CapabilityText = ""
    tier_min: TierText | None = None
    reputation_min: Annotated[float, Meta(ge=0, le=1)] | None = None
    status: Status | None = None
    limit: Limit = 20
    after: Annotated[str, Meta(max_length=64, description="The `next` of a page.")] = ""


class SetStatus(Asked, frozen=True, kw_only=True):
    """How the agent is."""

    status: Status


class FetchPrekeys(Asked, frozen=True, kw_only=True):
    """Whose bundle; `one_time=false` leaves the one-time prekeys alone."""

    amid: AmidText
    one_time: bool = True


class AgentView(Said, frozen=True, kw_only=True):
    """An agent: its own words out of `record`, and what this registry says about it."""

    amid: str
    did: str
    tier: int | float
    display_name: str
    organization: str | None = None
    signing_public_key: str
    exchange_public_key: str
    capabilities: tuple[Capability, ...]
    relay_endpoint: str
    direct_endpoint: str
    framework: str
    framework_version: str
    status: Status
    last_seen: str | None
    reputation_score: float
    ratings_count: int
    reputation_status: str
    sequence: int
    published_at: str
    expires_at: str
    registered_at: str
    record: bytes
    certificates: tuple[bytes, ...] = ()
    flags: tuple[Flag, ...] = ()
    log: LogProof | None = None


class Page(Said, frozen=True, kw_only=True):
    """A page of agents, how many there are (counted up to 1,000), and where the next one begins."""

    results: list[AgentView]
    total: int
    next: str | None


class Rate(Asked, frozen=True, kw_only=True):
    """What one party of a session says of the other."""

    receipt: Receipt64
    feedback: Feedback


class Held(Asked, frozen=True, kw_only=True):
    """A session that both parties signed."""

    receipt: Receipt64


class Kept(Said, frozen=True, kw_only=True):
    """Whether that was news."""

    outcome: Literal["kept", "already_known"]


class Leaders(Asked, frozen=True, kw_only=True):
    """How many."""

    limit: Limit = 20


class TagView(Said, frozen=True, kw_only=True):
    """How many said this: owners that were proved, and agents without one."""

    tag: FeedbackTag
    owners: int
    others: int


class FlagView(Said, frozen=True, kw_only=True):
    """What to beware of, and until when."""

    flag: str
    until: str


class ReputationView(Said, frozen=True, kw_only=True):
    """A score and what it rests on. `ratings_count` are distinct agents, `owners` proved owners."""

    amid: str
    reputation_score: float
    reputation_status: Literal["rated", "unrated"]
    ratings_count: int
    owners: int
    sessions: int
    completed: int
    tier: int | float
    registered_at: str
    tags: tuple[TagView, ...]
    flags: tuple[FlagView, ...]


class PublishSchema(Asked, frozen=True, kw_only=True):
    """A schema, signed by its author."""

    document: Signed64


class FetchSchema(Asked, frozen=True, kw_only=True):
    """Which schema."""

    id: SchemaName


class SchemaView(Said, frozen=True, kw_only=True):
    """A schema as its author signed it."""

    id: str
    document: bytes


class ProviderList(Said, frozen=True, kw_only=True):
    """Where owners can prove who they are."""

    providers: tuple[str, ...]


class BeginProof(Asked, frozen=True, kw_only=True):
    """Where the owner will prove who they are; `address` is the mailbox, for `email`."""

    provider: Annotated[str, Meta(max_length=32)]
    address: Annotated[str, Meta(max_length=254)] = ""


class ProofBegun(Said, frozen=True, kw_only=True):
    """An attempt, and where the owner goes; without a `url`, a letter is on its way."""

    attempt: str
    url: str
    expires_in_seconds: int


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider sends back with the owner's browser. Providers add parameters at will."""

    provider: Annotated[str, Meta(max_length=32)]
    state: Annotated[str, Meta(max_length=200)] = ""
    code: Annotated[str, Meta(max_length=4096)] = ""
    iss: Annotated[str, Meta(max_length=300)] = ""
    error: Annotated[str, Meta(max_length=300)] = ""


class Prove(Asked, frozen=True, kw_only=True):
    """The code that the owner was shown."""

    attempt: Annotated[str, Meta(max_length=64, pattern="^[A-Za-z0-9_-]*$")]
    code: Annotated[str, Meta(max_length=40)]


class PrekeyShelf(Said, frozen=True, kw_only=True):
    """What lies here for its owner. Ids are -1 as long as there is none."""

    one_time: int
    last_one_time_id: int
    signed_prekey_id: int
    kem_prekey_id: int
    low_prekeys: bool


class StatusSet(Said, frozen=True, kw_only=True):
    """The presence that was kept, and for how long it counts."""

    amid: str
    status: Status
    last_seen: str
    expires_in_seconds: int
    low_prekeys: bool


class Lost(Said, frozen=True, kw_only=True):
    """How many agents are offline now that were not."""

    offline: int


class Stats(Said, frozen=True, kw_only=True):
    """Figures about this registry."""

    agents: int
    online: int
    version: str
    protocol: str
    origin: str
    server_time: str


class Problem(Said, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong (RFC 9457); programs branch on `code`."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    hint: str = ""
    retry_after_seconds: int | None = None
    stamp_bits: int | None = None
    server_time: str | None = None
