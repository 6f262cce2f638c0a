"""invite, join, invites."""

import io

import pytest

from agentmesh.control import answers, calls
from agentmesh.errors import Refused
from tests.support.control_server import BOB, Script, refused
from tests.unit.cli.conftest import Shell

INVITE = answers.Invite(
    slot=1, code=f"{BOB}-1-lusab-babad", link=f"agentmesh:join/{BOB}-1-lusab-babad",
    note="for \x1b[1mCarol", state="open", tries_left=3, used_by="",
    made_at="2026-01-31T12:00:00.000Z", expires_at="2026-01-31T12:10:00.000Z",
)  # fmt: skip


def test_an_invite_shows_its_code_and_link(mesh: Shell, script: Script) -> None:
    script.answers["invites.make"] = answers.Invited(invite=INVITE)
    said = mesh("invite", "--note", "for Carol", "--minutes", "5")
    assert f"agentmesh join {INVITE.code}" in said.out
    assert INVITE.link in said.out
    assert script.asked[0][1] == calls.InvitesMake(note="for Carol", minutes=5)


@pytest.mark.parametrize("arguments", [("invites",), ("invites", "list")])
def test_invites_are_listed(mesh: Shell, script: Script, arguments: tuple[str, ...]) -> None:
    script.answers["invites.list"] = answers.Invites(invites=[INVITE])
    said = mesh(*arguments)
    assert INVITE.code[:20] in said.out
    assert "\x1b" not in said.out
    script.answers["invites.list"] = answers.Invites(invites=[])
    assert mesh(*arguments).out == "No invites.\n"


def test_an_invite_is_revoked(mesh: Shell, script: Script) -> None:
    script.answers["invites.revoke"] = answers.Invited(invite=INVITE)
    assert mesh("invites", "revoke", "1").out == "Invite 1 is over.\n"
    assert mesh("invites", "revoke", "100").code == 2


def test_joining_says_how_far_it_is(mesh: Shell, script: Script) -> None:
    steps = iter(["looking_up", "looking_up", "asked", "proved", "joined"])
    script.answers["join"] = lambda _: answers.Joining(step=next(steps), amid=BOB, name="b\x1bob")
    said = mesh("join", INVITE.code)
    assert len(said.err.splitlines()) == 3
    assert said.out.startswith("Joined: ")
    assert "\x1b" not in said.out


def test_a_code_is_read_where_no_other_user_sees_it(
    mesh: Shell, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{INVITE.code}\n"))
    script.answers["join"] = answers.Joining(step="joined", amid=BOB, name="bob")
    assert mesh("join", "-").code == 0
    assert script.asked[0][1].code.strip() == INVITE.code  # type: ignore[attr-defined]


def test_joining_ends_even_if_the_daemon_does_not(mesh: Shell, script: Script) -> None:
    script.answers["join"] = answers.Joining(step="asked", amid=BOB, name="")
    assert mesh("join", INVITE.code).code == 6


def test_a_code_that_is_refused_says_why(mesh: Shell, script: Script) -> None:
    script.answers["join"] = refused(Refused, "invite_wrong_code")
    said = mesh("join", INVITE.code, "--json")
    assert (said.code, said.document["error"]["code"]) == (5, "invite_wrong_code")
