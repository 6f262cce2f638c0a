"""Who may say to be an organisation's key."""

import msgspec
import pytest

from agentmesh.errors import AgentMeshError
from agentmesh.protocol.organization import OrganizationClaim, read_claim
from agentmesh.protocol.signed import Purpose, sign
from tests.support.registrant import Registrant

ALICE = Registrant("alice")
CLAIM = OrganizationClaim(domain="acme.example", name="Acme", amid=ALICE.amid, timestamp=1)


def test_a_claim_is_signed_by_its_key() -> None:
    assert read_claim(sign(CLAIM, Purpose.ORGANIZATION, ALICE.key)) == CLAIM


@pytest.mark.parametrize(
    "changes", [{"domain": "Acme.example"}, {"domain": ""}, {"name": "a\nb"}, {"name": "\x1b[1m"}]
)
def test_a_claim_has_a_domain_and_a_name(changes: dict[str, str]) -> None:
    claim = msgspec.structs.replace(CLAIM, **changes)
    with pytest.raises(AgentMeshError):
        read_claim(sign(claim, Purpose.ORGANIZATION, ALICE.key))


def test_a_signature_for_something_else_is_none() -> None:
    with pytest.raises(AgentMeshError):
        read_claim(sign(CLAIM, Purpose.RECORD, ALICE.key))
