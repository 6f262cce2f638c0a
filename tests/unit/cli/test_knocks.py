"""knocks."""

import pytest
from msgspec import structs

from agentmesh.control import answers, calls
from tests.support.control_server import ALICE, BOB, Script
from tests.unit.cli.conftest import Shell

KNOCK = answers.Knock(
    id="k1", sender=BOB, from_name="bob", intent="travel/flights", type="conversation",
    note="hi\n\x1b]0;owned\x07", received_at="2026-01-31T12:00:00.000Z",
    expires_at="2026-02-03T12:00:00.000Z", verdict="pending", reason="awaiting_owner",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [("knocks",), ("knocks", "list")])
def test_who_waits_is_listed(mesh: Shell, script: Script, arguments: tuple[str, ...]) -> None:
    script.answers["knocks.list"] = answers.Knocks(knocks=[KNOCK])
    said = mesh(*arguments)
    assert "k1" in said.out
    assert "pending, awaiting owner" in said.out
    assert len(said.out.splitlines()) == 3
    assert "\x1b" not in said.out
    document = mesh(*arguments, "--json").document["knocks"][0]
    assert {"id", "from", "intent", "received_at", "verdict", "reason"} <= set(document)
    assert script.asked[0][1] == calls.KnocksList()


def test_all_means_the_decided_ones_too(mesh: Shell, script: Script) -> None:
    script.answers["knocks.list"] = answers.Knocks(knocks=[])
    assert mesh("knocks", "list", "--all", "--limit", "3").out == "Nobody knocks.\n"
    assert script.asked[0][1] == calls.KnocksList(pending=False, limit=3)


@pytest.mark.parametrize("decision", ["approve", "deny", "block"])
def test_the_owner_decides(mesh: Shell, script: Script, decision: str) -> None:
    script.answers[f"knocks.{decision}"] = answers.Decided(knock=KNOCK)
    assert mesh("knocks", decision, "k1").code == 0
    assert script.asked[0][0] == f"knocks.{decision}"
    assert script.asked[0][1].id == "k1"


def test_a_peer_is_let_in_once_or_for_good(mesh: Shell, script: Script) -> None:
    script.answers["knocks.approve"] = answers.Decided(knock=KNOCK)
    mesh("knocks", "approve", "k1")
    mesh("knocks", "approve", "k1", "--once")
    assert [asked[1].contact for asked in script.asked] == [True, False]


def test_groups_take_json_anywhere(mesh: Shell, script: Script) -> None:
    script.answers["knocks.list"] = answers.Knocks(knocks=[])
    assert mesh("knocks", "--json", "list").document == {"ok": True, "knocks": []}


def test_a_knock_shows_who_vouches_for_its_sender(mesh: Shell, script: Script) -> None:
    by = answers.Introduction(
        amid=BOB, name="bob", note="", by=ALICE, by_name="al\x1b[1mice", by_trust=2, at="",
    )  # fmt: skip
    knock = structs.replace(KNOCK, introduced_by=(by,), scope_note="recipes only")
    script.answers["knocks.list"] = answers.Knocks(knocks=[knock])
    said = mesh("knocks").out
    assert f"({ALICE}) (trust 2)" in said
    assert "your note: recipes only" in said
    assert "\x1b" not in said
