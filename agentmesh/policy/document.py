"""policy.json as a type: every field has a default. How it is read and written: `settings.py`."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import (
    KNOCKS_PER_MINUTE,
    MAX_FILE_BYTES,
    MAX_PAYLOAD,
    MAX_SESSION_SECONDS,
    MESSAGES_PER_MINUTE,
)

Autonomy = Literal["notify-only", "draft", "bounded", "extended", "free"]
"""What our agent may do by itself with what a peer says."""

Tier = int | float
Share = Annotated[float, Meta(ge=0, le=1)]
PerMinute = Annotated[int, Meta(ge=0, le=10_000)]
Sessions = Annotated[int, Meta(ge=0, le=100_000)]
Count = Annotated[int, Meta(ge=0, le=10_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Line = Annotated[str, Meta(min_length=1, max_length=500)]
Days = Annotated[int, Meta(ge=0, le=36_500)]
Url = Annotated[str, Meta(max_length=2000)]
Few = Meta(max_length=100)
Argv = Annotated[tuple[Line, ...], Few]
Many = Meta(max_length=100_000)


MEBIBYTE = 1024 * 1024
MIN_TIER = "min_tier"
"""Shorthand for `accept_tiers`: this tier and all that are better vouched for."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the policy, or all of it."""


class RateLimit(Section, frozen=True, kw_only=True):
    """What one peer may send."""

    knocks_per_minute: PerMinute = KNOCKS_PER_MINUTE
    messages_per_minute: PerMinute = MESSAGES_PER_MINUTE


class SessionLimits(Section, frozen=True, kw_only=True):
    """What one session with us may be: told to the peer when it is let in, and kept to.

    0 messages: no bound. `ttl_seconds`: how long it lives without a message, at most.
    """

    max_message_size_bytes: Annotated[int, Meta(ge=1024, le=MAX_PAYLOAD)] = MAX_PAYLOAD
    max_messages: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    ttl_seconds: Annotated[int, Meta(ge=1, le=MAX_SESSION_SECONDS)] = MAX_SESSION_SECONDS


class NotifyOwner(Section, frozen=True, kw_only=True):
    """When the owner is told at once, and how: by a program of the owner's, a URL, an ntfy topic.

    Nothing that is told quotes a peer. The sentence is the program's last argument.
    """

    on_knock_from_unknown: bool = True
    on_high_value_transaction: bool = True
    on_approval: bool = True
    on_file: bool = True
    on_breaker: bool = True
    on_error: bool = False
    threshold_usd: Annotated[float, Meta(ge=0)] = 100
    command: Argv = ()
    webhook: Url = ""
    ntfy: Url = ""


class BreakerLimits(Section, frozen=True, kw_only=True):
    """When a breaker trips by itself; 0 is never.

    A turn: the agent answers a peer less than `turn_seconds` after that one said something.
    `max_hops`: how often a chain of messages is passed on. `sent_per_minute`: by the agent, to all.
    """

    loop_turns: Count = 20
    loop_seconds: Seconds = 60
    turn_seconds: Seconds = 15
    max_hops: Annotated[int, Meta(ge=0, le=1000)] = 100
    same_text_peers: Count = 5
    same_text_seconds: Seconds = 600
    sent_per_minute: Count = 60
    unreadable_frames: Count = 50
    approvals_per_hour: Count = 5


class FileRules(Section, frozen=True, kw_only=True):
    """Which files may come in. `accept` says from whom without asking; others are asked about.

    `agent` is `ask`, and the agent may answer for its owner about those of contacts.
    Types are extensions (`pdf`) or media types (`image/png`, `image/*`); an empty `allow_types`
    allows all. The quarantine folder holds `max_total_bytes` at most.
    """

    accept: Literal["never", "ask", "agent", "contacts", "trusted", "everybody"] = "ask"
    max_bytes: Annotated[int, Meta(ge=0, le=MAX_FILE_BYTES)] = 1024 * MEBIBYTE
    max_total_bytes: Annotated[int, Meta(ge=0, le=MAX_FILE_BYTES)] = 4096 * MEBIBYTE
    allow_types: Annotated[frozenset[Line], Few] = frozenset()
    deny_types: Annotated[frozenset[Line], Few] = frozenset()


class Policy(Section, frozen=True, kw_only=True):
    """Who may talk to our agent, and what our agent may do by itself.

    An empty `accepted_intents` accepts all. Intents are `category` or `category/subcategory`.
    `shared_folders` are those from which the agent may send files, by their absolute paths.
    `transcript_days` and `audit_days` of 0 keep the records for ever.
    """

    consent: Literal["ask", "policy"] = "ask"
    accept_tiers: frozenset[Tier] = frozenset({1, 1.5, 2})
    min_reputation: Share = 0
    accepted_intents: Annotated[frozenset[Line], Few] = frozenset()
    rejected_intents: Annotated[frozenset[Line], Few] = frozenset()
    blocklist: Annotated[frozenset[Amid], Many] = frozenset()
    allowlist: Annotated[frozenset[Amid], Many] = frozenset()
    strict_mode: bool = False
    max_concurrent_sessions: Sessions = 100
    rate_limit: RateLimit = RateLimit()
    session_limits: SessionLimits = SessionLimits()
    store_transcripts: bool = True
    transcript_days: Days = 0
    audit_days: Days = 0
    auto_reject_when_offline: bool = False
    notify_owner: NotifyOwner = NotifyOwner()
    files: FileRules = FileRules()
    validation_mode: Literal["silent", "warning", "strict"] = "warning"
    answer_awaiting_owner: bool = False
    default_autonomy: Autonomy | Literal["auto"] = "auto"
    delegated_keys: Annotated[frozenset[Line], Few] = frozenset()
    shared_folders: Annotated[tuple[Line, ...], Few] = ()
    scrubber_patterns: Annotated[tuple[Line, ...], Few] = ()
    stop_hook: Argv = ()
    breakers: BreakerLimits = BreakerLimits()

    @property
    def autonomy(self) -> Autonomy:
        """What our agent may do by itself with a new contact."""
        if self.default_autonomy != "auto":
            return self.default_autonomy
        return "extended" if self.consent == "policy" else "notify-only"

    def for_agent(self) -> "Policy":
        """Return it without what watches the agent and the ways to its owner: it might tell."""
        told = {"command": (), "webhook": "", "ntfy": ""}
        notify_owner = msgspec.structs.replace(self.notify_owner, **told)
        hidden = {"scrubber_patterns": (), "stop_hook": (), "notify_owner": notify_owner}
        return msgspec.structs.replace(self, **hidden)

    def delegates(self, key: str) -> bool:
        """Whether the owner lets the agent itself set this field, or the section it is in."""
        parts = ("accept_tiers" if key == MIN_TIER else key).split(".")
        names = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        return not self.delegated_keys.isdisjoint(names)


NEVER_DELEGATED = frozenset(
    {"delegated_keys", "default_autonomy", "scrubber_patterns", "shared_folders", "stop_hook"}
    | {"transcript_days", "audit_days", "notify_owner", "breakers"}
)
"""What holds the agent is not for the agent to loosen."""
