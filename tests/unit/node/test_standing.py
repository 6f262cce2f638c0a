"""What is known of a peer, and what will do while nobody answers."""

import pytest

from agentmesh.errors import AgentMeshError, Refused, RemoteProtocolError, TransportError
from agentmesh.node.standing import Standing, must_wait
from agentmesh.policy.document import Policy
from agentmesh.policy.facts import KnockFacts, Record
from agentmesh.protocol.frames import Intent
from tests.support.directories import FakeDirectory
from tests.support.fake_authority import FakeAuthority
from tests.support.node_pair import Pair
from tests.support.registrant import Registrant

PEER = Registrant("peer")


@pytest.mark.parametrize(
    ("error", "is_vouched", "known"),
    [
        (Refused("agent_not_found"), True, "absent"),
        (Refused("identity_revoked"), True, "revoked"),
        (TransportError("registry_unreachable"), True, "vouched"),
        (TransportError("registry_unreachable"), False, "unreachable"),
        (RemoteProtocolError("log_forked"), True, "unreachable"),
    ],
)
async def test_only_who_is_away_is_vouched_for_by_what_was_said_before(
    pair: Pair, error: AgentMeshError, is_vouched: bool, known: Record
) -> None:
    directory = FakeDirectory("registry", PEER)
    trust = FakeAuthority(is_absent=True).trust(pair.low.clock)
    standing = Standing(directory, lambda _: is_vouched, pair.low.consent.key_changes, trust)
    assert (await standing.of(PEER.amid))[1] == "found"
    directory.fails_with = error
    assert await standing.of(PEER.amid) == (None, known)


@pytest.mark.parametrize(
    ("record", "trust", "waits"),
    [
        ("found", 0, False),
        ("absent", 0, False),
        ("vouched", 0, True),
        ("vouched", 1, False),
        ("unreachable", 0, True),
        ("unreachable", 3, True),
    ],
)
def test_who_waits(record: Record, trust: int, waits: bool) -> None:
    facts = KnockFacts(
        peer=PEER.amid,
        intent=Intent(category="travel"),
        record=record,
        trust=trust,
        policy=Policy(),
    )
    assert must_wait(facts) is waits


@pytest.mark.parametrize(
    "policy", [Policy(accept_tiers=frozenset({1, 1.5})), Policy(min_reputation=0.5)]
)
def test_who_is_judged_by_the_registrys_word_waits_for_it(policy: Policy) -> None:
    facts = KnockFacts(
        peer=PEER.amid,
        intent=Intent(category="travel"),
        record="vouched",
        trust=3,
        policy=policy,
    )
    assert must_wait(facts)
