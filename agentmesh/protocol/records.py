"""What a registry and a DHT hold about an agent: its record, its keys."""

from typing import Annotated

import msgspec

from agentmesh.protocol import limits
from agentmesh.protocol.bounded import Count, KemKey, Key32, Milliseconds, Name, Url, Word
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Document, Signed

PrekeyId = Count


class Pricing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an agent charges."""

    model: Word
    currency: Word = ""
    amount: float = 0


class Capability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing an agent offers, found as `category` or `category/subcategory`."""

    category: Word
    subcategory: Word = ""
    actions: Annotated[tuple[Word, ...], msgspec.Meta(max_length=32)] = ()
    pricing: Pricing | None = None
    response_time_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    availability: Word = ""


class ExchangeKey(Document, frozen=True, kw_only=True):
    """The X25519 identity key of PQXDH; the Ed25519 key signs it. Rotated every seven days."""

    amid: Amid
    id: PrekeyId
    key: Key32
    created_at: Milliseconds


class SignedPrekey(Document, frozen=True, kw_only=True):
    """The medium-term X25519 prekey."""

    amid: Amid
    id: PrekeyId
    key: Key32
    created_at: Milliseconds


class KemPrekey(Document, frozen=True, kw_only=True):
    """The medium-term ML-KEM-768 prekey."""

    amid: Amid
    id: PrekeyId
    key: KemKey
    created_at: Milliseconds


class OneTimePrekey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A prekey that serves once."""

    id: PrekeyId
    key: Key32


class SuiteList(Document, frozen=True, kw_only=True):
    """The suites an agent speaks, best first. `sequence` only ever rises."""

    amid: Amid
    suites: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=8)]
    sequence: Milliseconds


class AgentRecord(Document, frozen=True, kw_only=True):
    """What an agent says about itself to a registry or a DHT."""

    amid: Amid
    exchange_key: Signed
    display_name: Name = ""
    capabilities: Annotated[
        tuple[Capability, ...], msgspec.Meta(max_length=limits.MAX_CAPABILITIES)
    ] = ()
    relay_endpoint: Url
    direct_endpoint: Url = ""
    framework: Word = ""
    framework_version: Word = ""
    sequence: Milliseconds
    published_at: Milliseconds
    expires_at: Milliseconds


class PrekeyUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of POST /registry/prekeys: what is new; one-time prekeys are added."""

    exchange_key: Signed
    signed_prekey: Signed
    kem_prekey: Signed
    suites: Signed
    one_time: Annotated[
        tuple[OneTimePrekey, ...], msgspec.Meta(max_length=limits.ONE_TIME_PREKEYS)
    ] = ()


class PrekeyBundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What GET /registry/prekeys/{amid} answers: enough to begin a session."""

    identity: Key32
    exchange_key: Signed
    signed_prekey: Signed
    kem_prekey: Signed
    suites: Signed
    one_time: OneTimePrekey | None = None
