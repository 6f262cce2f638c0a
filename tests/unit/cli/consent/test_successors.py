"""contacts follow, contacts decline."""

import msgspec
import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import ALICE, BOB, Script
from tests.unit.cli.conftest import Shell
from tests.unit.cli.test_peers import CONTACT

GONE = answers.TakenBack(reason="superseded", issuer="key", successor=ALICE)


def test_the_successor_takes_the_place(mesh: Shell, script: Script) -> None:
    script.answers["contacts.follow"] = answers.Kept(contact=CONTACT)
    said = mesh("contacts", "follow", "bob")
    assert said.code == 0
    assert f"agentmesh verify {CONTACT.amid}" in said.out
    assert script.asked[0][1] == calls.ContactsFollow(peer="bob")


def test_the_successor_is_declined(mesh: Shell, script: Script) -> None:
    script.answers["contacts.decline"] = answers.Declined(amid=BOB, successor=ALICE)
    said = mesh("contacts", "decline", "bob")
    assert said.out == f"{ALICE} is not let in. Nothing is sent to {BOB}.\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, f"superseded, successor {ALICE}"),
        ({"declined": True}, f"declined successor {ALICE}"),
        (
            {"issuer": "registry", "reason": "policy_violation", "note": "spam", "successor": ""},
            "policy violation, by the registry: spam",
        ),
    ],
)
def test_a_list_says_it_loudly(
    mesh: Shell, script: Script, change: dict[str, object], words: str
) -> None:
    gone = msgspec.structs.replace(GONE, **change)
    contact = msgspec.structs.replace(CONTACT, taken_back=gone, key_changed=True)
    script.answers["contacts.list"] = answers.Contacts(contacts=[contact], total=1)
    said = mesh("contacts").out
    assert "REVOKED" in said
    assert "KEY CHANGED" not in said
    script.answers["contacts.show"] = answers.Kept(contact=contact)
    assert words in mesh("contacts", "show", "bob").out
