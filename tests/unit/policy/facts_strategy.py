"""Any facts there can be about a KNOCK, for property tests."""

from hypothesis import strategies as st

from agentmesh.policy.document import Policy, RateLimit
from agentmesh.policy.facts import KnockFacts
from agentmesh.protocol.frames import Intent
from agentmesh.protocol.ids import Amid

PEER, OTHER = Amid("peer"), Amid("other")
SHARES = st.sampled_from([0, 0.25, 0.5, 1])
INTENTS = st.builds(
    Intent,
    category=st.sampled_from(["travel", "Travel", "x-acme/robots", ""]),
    subcategory=st.sampled_from(["", "flights", "cleaning"]),
)
LISTED = st.frozensets(st.sampled_from([PEER, OTHER]))
NAMES = st.frozensets(st.sampled_from(["travel", "travel/flights", "x-acme", "x-acme/robots"]))
POLICIES = st.builds(
    Policy,
    consent=st.sampled_from(["ask", "policy"]),
    accept_tiers=st.frozensets(st.sampled_from([1, 1.5, 2])),
    min_reputation=SHARES,
    accepted_intents=NAMES,
    rejected_intents=NAMES,
    blocklist=LISTED,
    allowlist=LISTED,
    strict_mode=st.booleans(),
    max_concurrent_sessions=st.integers(0, 2),
    rate_limit=st.builds(RateLimit, knocks_per_minute=st.integers(0, 2)),
    auto_reject_when_offline=st.booleans(),
    answer_awaiting_owner=st.booleans(),
)
FACTS = st.builds(
    KnockFacts,
    peer=st.sampled_from([PEER, OTHER]),
    intent=INTENTS,
    is_signature_valid=st.booleans(),
    is_replayed=st.booleans(),
    is_blocked=st.booleans(),
    is_paused=st.booleans(),
    presence=st.sampled_from(["online", "away", "offline", "dnd"]),
    certificate=st.sampled_from(["none", "valid", "invalid", "expired", "revoked", "unchecked"]),
    record=st.sampled_from(["found", "absent", "unreachable"]),
    tier=st.sampled_from([1.0, 1.5, 2.0]),
    reputation=st.none() | SHARES,
    trust=st.integers(0, 3),
    knocks_last_minute=st.integers(0, 3),
    open_sessions=st.integers(0, 3),
    policy=POLICIES,
)
