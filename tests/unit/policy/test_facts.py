"""What the facts say about a peer without looking anywhere else."""

from agentmesh.policy.document import Policy
from agentmesh.policy.facts import KnockFacts
from agentmesh.protocol.frames import Intent
from tests.unit.policy.facts_strategy import OTHER, PEER


def facts(trust: int = 0, policy: Policy | None = None) -> KnockFacts:
    return KnockFacts(
        peer=PEER, intent=Intent(category="travel"), trust=trust, policy=policy or Policy()
    )


def test_a_peer_whose_keys_were_only_seen_is_no_contact() -> None:
    assert [facts(trust).is_contact for trust in range(4)] == [False, True, True, True]


def test_who_is_on_the_allowlist_is_named_there() -> None:
    assert facts(policy=Policy(allowlist=frozenset({PEER}))).is_allowlisted
    assert not facts(policy=Policy(allowlist=frozenset({OTHER}))).is_allowlisted
