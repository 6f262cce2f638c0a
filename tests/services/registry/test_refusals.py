"""A refusal says what to do next."""

from agentmesh_registry.refusals import revoked, unknown_signer

from tests.support.registrant import Registrant

ALICE = Registrant("alice").amid


def test_who_was_taken_back_is_told_where_the_proof_is() -> None:
    refused = revoked(ALICE)
    assert refused.code == "identity_revoked"
    assert f"/v1/registry/revocation?amid={ALICE}" in refused.hint


def test_who_is_unknown_is_told_to_register() -> None:
    assert "/v1/registry/register" in unknown_signer().hint
