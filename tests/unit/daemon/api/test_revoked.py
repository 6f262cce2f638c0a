"""A contact that was taken back, as its owner sees it."""

import pytest

from agentmesh.daemon.api.revoked import finding, shown
from agentmesh.node.consent.key_changes import KeyChange
from tests.support.registrant import Registrant

PEER = Registrant("carol").amid


def change(issuer: str, organization: str = "") -> KeyChange:
    return KeyChange(
        sign="identity_revoked",
        at=1,
        reason="key_compromise",
        issuer=issuer,
        note="It\x1b sold us.",
        organization=organization,
    )


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (change("key"), "by its own key"),
        (change("registry"), "by the registry"),
        (change("organization", "acme.example"), "by acme.example"),
    ],
)
def test_the_owner_sees_who_took_it_back(by: KeyChange, said: str) -> None:
    found = finding(PEER, by)
    assert f"{PEER} was taken back {said} (key compromise)" in found.why
    assert "contacts remove" in found.fix


def test_an_agent_is_shown_no_note() -> None:
    told = shown(change("organization", "acme.example"), "owner")
    assert told is not None
    assert (told.organization, "sold us." in told.note, "\x1b" in told.note) == (
        "acme.example",
        True,
        False,
    )
    agents = shown(change("key"), "agent")
    assert agents is not None
    assert agents.note == ""
    assert shown(None, "owner") is None
