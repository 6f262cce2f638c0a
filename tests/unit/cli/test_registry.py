"""registry and revoke."""

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

URL = "https://registry.example"
GOOD = answers.RegistryShown(
    url=URL, log=True, key="ab" * 32, entries=7, followed=7, revocations=1, head_at="2027-01-01"
)


def test_what_is_known_of_the_log_is_said(mesh: Shell, script: Script) -> None:
    script.answers["registry.show"] = GOOD
    said = mesh("registry")
    assert "7 entries" in said.out
    assert "abababababababab" in said.out
    assert mesh("registry", "--json").document["entries"] == 7


def test_a_registry_without_a_log_is_named_as_one(mesh: Shell, script: Script) -> None:
    script.answers["registry.show"] = answers.RegistryShown(url=URL, log=False)
    assert "nothing it says is proved" in mesh("registry").out


def test_what_it_was_caught_at_is_said_with_the_evidence(mesh: Shell, script: Script) -> None:
    entry = answers.OwnEntry(index=3, kind="record\x1b", at="2027")
    script.answers["registry.show"] = answers.RegistryShown(
        url=URL, log=True, fault="log_forked", evidence=["AAAA"], foreign_entries=[entry]
    )
    said = mesh("registry").out
    assert "log_forked" in said
    assert "signed head: AAAA" in said
    assert "entry 3" in said
    assert "\x1b" not in said


def test_the_log_is_taken_anew(mesh: Shell, script: Script) -> None:
    script.answers["registry.accept"] = GOOD
    assert mesh("registry", "accept").code == 0
    assert script.asked[0][1] == calls.RegistryAccept()


def test_an_identity_is_taken_back(mesh: Shell, script: Script) -> None:
    script.answers["revoke"] = answers.RevokedUs(amid=BOB, reason="key_compromise")
    said = mesh("revoke", "--reason", "key_compromise", "--confirm", BOB)
    assert "was taken back" in said.out
    assert script.asked[0][1] == calls.Revoke(reason="key_compromise", confirm=BOB)
    assert mesh("revoke").code == 2
