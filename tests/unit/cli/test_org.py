"""org."""

import msgspec

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

AGENT = answers.FleetAgent(amid=BOB, serial="7f", issued_at="2027-01-01", expires_at="2028-01-01")
ACME = answers.Organization(
    domain="acme.example", name="Acme\x1b", proved=True, expires_at="2028-02-01", agents=[AGENT]
)


def test_claiming_names_the_record(mesh: Shell, script: Script) -> None:
    script.answers["org.register"] = answers.DomainChallenge(
        domain="acme.example",
        record="_agentmesh.acme.example",
        value="agentmesh-verify=abc",
        expires_in_seconds=86400,
    )
    said = mesh("org", "register", "acme.example", "--name", "Acme").out
    assert "  _agentmesh.acme.example  TXT  agentmesh-verify=abc" in said.splitlines()
    assert "within 24 hours" in said
    (asked,) = script.asked
    assert asked[1] == calls.OrgRegister(domain="acme.example", name="Acme")


def test_an_organization_is_shown_with_its_fleet(mesh: Shell, script: Script) -> None:
    script.answers["org.show"] = answers.Organizations(organizations=[ACME])
    said = mesh("org").out
    assert "acme.example" in said
    assert "1 agent." in said
    assert BOB in said
    assert "\x1b" not in said
    assert mesh("org", "show", "--json").document["organizations"][0]["proved"] is True


def test_without_one_it_says_how_to_begin(mesh: Shell, script: Script) -> None:
    script.answers["org.show"] = answers.Organizations(organizations=[])
    assert "org register DOMAIN" in mesh("org").out


def test_one_that_is_not_proved_says_so(mesh: Shell, script: Script) -> None:
    waiting = answers.Organization(domain="acme.example", name="Acme", proved=False)
    script.answers["org.verify"] = waiting
    assert "not proved yet" in mesh("org", "verify", "acme.example").out


def test_a_certificate_is_issued_and_taken_back(mesh: Shell, script: Script) -> None:
    script.answers["org.issue"] = AGENT
    assert "org accept" in mesh("org", "issue", BOB, "--days", "30").out
    gone = answers.FleetAgent(
        amid=BOB, serial="7f", issued_at="a", expires_at="b", revoked="privilege_withdrawn"
    )
    script.answers["org.revoke"] = answers.Organization(
        domain="acme.example", name="Acme", proved=True, expires_at="2028", agents=[gone]
    )
    said = mesh("org", "revoke", BOB, "--org", "acme.example").out
    assert "0 agents" in said
    assert "revoked: privilege withdrawn" in said


def test_a_certificate_may_be_issued_again_by_itself(mesh: Shell, script: Script) -> None:
    again = msgspec.structs.replace(AGENT, renewed=True)
    script.answers["org.issue"] = again
    mesh("org", "issue", BOB, "--renew")
    assert script.asked[-1][1] == calls.OrgIssue(peer=BOB, renew=True)
    shown = msgspec.structs.replace(ACME, agents=[again])
    script.answers["org.show"] = answers.Organizations(organizations=[shown])
    assert f"{AGENT.expires_at}, renewed by itself" in mesh("org").out


def test_a_certificate_is_taken(mesh: Shell, script: Script) -> None:
    script.answers["org.accept"] = answers.Certified(
        amid=BOB, tier=1.5, organization="acme.example", expires_at="2028-01-01"
    )
    said = mesh("org", "accept", "acme.example").out
    assert said == (
        "acme.example vouches for this agent: tier 1.5, until 2028-01-01; "
        "a new one is fetched by itself.\n"
    )


def test_an_identity_is_taken_back_for_good(mesh: Shell, script: Script) -> None:
    script.answers["org.revoke_identity"] = ACME
    words = ("--reason", "key_compromise", "--confirm", BOB, "--note", "Stolen.")
    assert mesh("org", "revoke-identity", BOB, *words).code == 0
    (asked,) = script.asked
    assert asked[1] == calls.OrgRevokeIdentity(
        peer=BOB, reason="key_compromise", confirm=BOB, note="Stolen."
    )
    assert mesh("org", "revoke-identity", BOB).code == 2
    assert mesh("org", "revoke-identity", BOB, "--reason", "superseded").code == 2
