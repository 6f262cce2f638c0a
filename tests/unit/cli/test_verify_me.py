"""verify-me."""

import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell


@pytest.fixture
def registry(script: Script) -> Script:
    script.answers["owner.providers"] = answers.Providers(providers=["github", "email"])
    script.answers["owner.begin"] = answers.ProofBegun(
        attempt="a-1", url="https://github.example/x", expires_in_seconds=600
    )
    script.answers["owner.prove"] = answers.Proved(amid=BOB, tier=1)
    return script


def test_without_a_terminal_the_address_and_the_next_command_are_told(
    mesh: Shell, registry: Script
) -> None:
    said = mesh("verify-me", "--provider", "github", "--no-open")
    assert "https://github.example/x" in said.err
    assert "verify-me --attempt a-1 --code CODE" in said.out
    told = mesh("verify-me", "--provider", "github", "--no-open", "--json").document
    assert (told["attempt"], told["url"]) == ("a-1", "https://github.example/x")


def test_a_code_is_handed_in(mesh: Shell, registry: Script) -> None:
    said = mesh("verify-me", "--attempt", "a-1", "--code", "23456-789AB")
    assert registry.asked[0][1] == calls.OwnerProve(attempt="a-1", code="23456-789AB")
    assert said.out == f"{BOB} is verified: tier 1.\n"


def test_a_mailbox_alone_means_a_letter(mesh: Shell, registry: Script) -> None:
    mesh("verify-me", "--address", "me@example.org")
    expected = calls.OwnerBegin(provider="email", address="me@example.org")
    assert registry.asked[1][1] == expected


@pytest.mark.parametrize(
    "words", [(), ("--provider", "nobody"), ("--provider", "email"), ("--code", "x")]
)
def test_what_is_missing_is_said(mesh: Shell, registry: Script, words: tuple[str, ...]) -> None:
    said = mesh("verify-me", *words)
    assert said.code == 2
    assert "owner.begin" not in [it[0] for it in registry.asked]


def test_a_registry_without_providers_is_a_sentence(mesh: Shell, registry: Script) -> None:
    registry.answers["owner.providers"] = answers.Providers(providers=[])
    assert "lets nobody prove" in mesh("verify-me").err
