"""grants and introduce."""

import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

GRANT = answers.Grant(
    peer=BOB, peer_name="bob", kind="file-in", state="granted", uses_left=3, until=None,
    at="2026-01-31T12:00:00.000Z", note="a \x1b[31mbook",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [("grants",), ("grants", "list", "--pending")])
def test_grants_are_listed_and_safe_to_print(
    mesh: Shell, script: Script, arguments: tuple[str, ...]
) -> None:
    script.answers["grants.list"] = answers.Grants(grants=[GRANT])
    said = mesh(*arguments)
    assert "file-in" in said.out
    assert "\x1b" not in said.out
    assert mesh(*arguments, "--json").document["grants"][0]["uses_left"] == 3


def test_no_grants_is_a_word(mesh: Shell, script: Script) -> None:
    script.answers["grants.list"] = answers.Grants(grants=[])
    assert mesh("grants").out == "None.\n"


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ((), {}),
        (("--uses", "3", "--for", "2h"), {"uses": 3, "seconds": 7200}),
        (("--until", "2026-12-24T18:00:00Z"), {"until": "2026-12-24T18:00:00Z"}),
    ],
)
def test_a_grant_is_given_within_bounds(
    mesh: Shell, script: Script, options: tuple[str, ...], asked: dict[str, object]
) -> None:
    script.answers["grants.give"] = answers.Granted(grant=GRANT)
    assert mesh("grants", "give", "bob", "file-in", *options).code == 0
    request = calls.GrantsGive(peer="bob", kind="file-in", **asked)  # type: ignore[arg-type]
    assert script.asked[0][1] == request


@pytest.mark.parametrize("duration", ["2", "h", "1y", "-1d", ""])
def test_a_duration_has_a_unit(mesh: Shell, script: Script, duration: str) -> None:
    if duration:
        assert mesh("grants", "give", "bob", "text", "--for", duration).code == 2
        assert script.asked == []


def test_grants_are_revoked_and_asked_for(mesh: Shell, script: Script) -> None:
    script.answers["grants.revoke"] = answers.Granted(grant=GRANT)
    script.answers["grants.ask"] = answers.Asked(message_id="m1")
    script.answers["introduce"] = answers.Asked(message_id="m2")
    assert mesh("grants", "revoke", "bob", "text").code == 0
    assert mesh("grants", "ask", "bob", "file-in", "--note", "a book").out == "On its way: m1\n"
    assert mesh("introduce", "carol", "bob", "--note", "she cooks").out == "On its way: m2\n"
    assert [request for _, request, _ in script.asked] == [
        calls.GrantsRevoke(peer="bob", kind="text"),
        calls.GrantsAsk(peer="bob", kind="file-in", note="a book"),
        calls.Introduce(peer="carol", to="bob", note="she cooks"),
    ]
