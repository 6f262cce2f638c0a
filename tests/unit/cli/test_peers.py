"""search, contacts, block, unblock."""

import re

import msgspec
import pytest

from agentmesh.control import answers, calls
from tests.support import control_server
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

CONTACT = answers.Contact(
    amid=BOB, name="bob", alias="b", description="a \x1b[2Jcook", trust=2, verified=True,
    blocked=False, added_at="2026-01-31T12:00:00.000Z", autonomy="bounded",
    note="for \x1b[31mrecipes", key_changed=False, invited=True,
)  # fmt: skip


def found(**changed: object) -> answers.Found:
    facts = {
        "amid": BOB, "name": "bob", "tier": 2, "capabilities": [], "status": "online",
        "reputation": 0.9, "ratings_count": 7, "flags": [],
    }  # fmt: skip
    return answers.Found(**(facts | changed))  # type: ignore[arg-type]


def test_search_asks_for_what_was_said(mesh: Shell, script: Script) -> None:
    script.answers["search"] = answers.SearchResults(results=[found()], total=3, next="kQ")
    said = mesh("search", "travel", "--tier-min", "1.5", "--reputation-min", "0.5", "--limit", "1")
    assert "0.90 (7)" in said.out
    assert "3 in all; the next ones: --after kQ" in said.out
    assert script.asked[0][1] == calls.Search(
        capability="travel", tier_min=1.5, reputation_min=0.5, limit=1
    )
    document = mesh("search", "travel", "--json").document
    assert document["total"] == 3
    assert document["results"][0]["flags"] == []


def test_what_an_agent_calls_itself_is_quoted_and_flags_are_shown(
    mesh: Shell, script: Script
) -> None:
    found_ = found(name="rated 1.00", flags=["rapid_reputation_increase"])
    script.answers["search"] = answers.SearchResults(results=[found_], total=1000, next="kQ")
    said = mesh("search", "travel", "--after", "kg").out
    assert '"rated 1.00"' in said
    assert "rapid_reputation_increase" in said
    assert "1,000 or more in all" in said
    assert script.asked[0][1] == calls.Search(capability="travel", after="kg")


def test_an_organization_is_quoted_as_the_registrys_word(mesh: Shell, script: Script) -> None:
    found_ = found(tier=1.5, organization="acme\x1b[2J 0.99 (100)")
    script.answers["search"] = answers.SearchResults(results=[found_], total=1)
    said = mesh("search", "travel").out
    assert '1.5 "acme' in said
    assert '0.99 (100)"' in said
    assert "\x1b" not in said


def test_few_ratings_are_no_rating(mesh: Shell, script: Script) -> None:
    script.answers["search"] = answers.SearchResults(results=[found(ratings_count=4)], total=1)
    assert "unrated" in mesh("search", "travel").out


def test_nobody_is_a_sentence(mesh: Shell, script: Script) -> None:
    script.answers["search"] = answers.SearchResults(results=[], total=0)
    assert mesh("search", "travel").out == "Nobody offers that.\n"


@pytest.mark.parametrize("arguments", [("contacts",), ("contacts", "list")])
def test_contacts_are_listed_and_safe_to_print(
    mesh: Shell, script: Script, arguments: tuple[str, ...]
) -> None:
    script.answers["contacts.list"] = answers.Contacts(contacts=[CONTACT], total=1)
    said = mesh(*arguments)
    assert "trusted" in said.out
    assert "number compared" in said.out
    assert "\x1b" not in said.out
    assert mesh(*arguments, "--json").document["contacts"][0]["amid"] == BOB
    assert "More" not in said.out


def test_a_list_of_contacts_says_how_it_goes_on(mesh: Shell, script: Script) -> None:
    page = answers.Contacts(contacts=[CONTACT], total=2, next=BOB)
    script.answers["contacts.list"] = page
    assert mesh("contacts").out.endswith(f"\nMore, of 2: agentmesh contacts list --after {BOB}\n")
    mesh("contacts", "list", "--limit", "1", "--after", BOB)
    assert script.asked[-1][1] == calls.ContactsList(after=BOB, limit=1)


@pytest.mark.parametrize(
    ("arguments", "name", "request_made"),
    [
        (("add", BOB, "--alias", "b"), "contacts.add", calls.ContactsAdd(peer=BOB, alias="b")),
        (("alias", "bob", "b"), "contacts.alias", calls.ContactsAlias(peer="bob", alias="b")),
        (("trust", "bob", "allied"), "contacts.trust", calls.ContactsTrust(peer="bob", trust=3)),
        (("trust", "bob", "0"), "contacts.trust", calls.ContactsTrust(peer="bob", trust=0)),
    ],
)
def test_contacts_are_changed(
    mesh: Shell, script: Script, arguments: tuple[str, ...], name: str,
    request_made: calls.Request[answers.Kept],
) -> None:  # fmt: skip
    script.answers[name] = answers.Kept(contact=CONTACT)
    said = mesh("contacts", *arguments)
    assert said.code == 0
    assert BOB in said.out
    assert script.asked[0][1] == request_made


def test_a_contact_is_forgotten(mesh: Shell, script: Script) -> None:
    script.answers["contacts.remove"] = answers.Removed(amid=BOB)
    assert mesh("contacts", "remove", "bob").out == f"Forgot {BOB}.\n"


def test_blocking_and_back(mesh: Shell, script: Script) -> None:
    script.answers["block"] = answers.Blocked(amid=BOB, blocked=True, sessions_ended=1)
    script.answers["unblock"] = answers.Blocked(amid=BOB, blocked=False)
    assert mesh("block", BOB).out == f"{BOB} is blocked.\n"
    assert mesh("unblock", BOB).out == f"{BOB} is not blocked.\n"


def test_no_contacts_is_a_sentence(mesh: Shell, script: Script) -> None:
    script.answers["contacts.list"] = answers.Contacts(contacts=[], total=0)
    assert mesh("contacts").out == "No contacts.\n"


def test_what_the_owner_says_about_a_contact(mesh: Shell, script: Script) -> None:
    for name in ("autonomy", "note", "show"):
        script.answers[f"contacts.{name}"] = answers.Kept(contact=CONTACT)
    said = mesh("contacts", "autonomy", "bob", "bounded")
    assert "bounded" in said.out
    assert re.search("^marks +.*invited", said.out, re.MULTILINE)
    assert "revoked" not in said.out
    assert "\x1b" not in said.out
    mesh("contacts", "autonomy", "bob", "default")
    mesh("contacts", "note", "bob", "recipes only")
    mesh("contacts", "show", "bob")
    assert mesh("contacts", "autonomy", "bob", "boundless").code == 2
    assert [request for _, request, _ in script.asked] == [
        calls.ContactsAutonomy(peer="bob", autonomy="bounded"),
        calls.ContactsAutonomy(peer="bob", autonomy=""),
        calls.ContactsNote(peer="bob", note="recipes only"),
        calls.ContactsShow(peer="bob"),
    ]


def test_introductions_are_listed_and_safe_to_print(mesh: Shell, script: Script) -> None:
    script.answers["introductions.list"] = answers.Introductions(introductions=[])
    assert mesh("contacts", "introductions").out == "No introductions.\n"
    it = answers.Introduction(
        amid=BOB, name="b\x1b[2Job", note="good", by=BOB, by_name="", by_trust=3, at=""
    )
    script.answers["introductions.list"] = answers.Introductions(introductions=[it])
    said = mesh("contacts", "introductions").out
    assert "allied" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("verified", [True, False])
def test_a_key_of_its_own_does_not_pass_for_a_number_that_was_compared(
    mesh: Shell, script: Script, verified: bool
) -> None:
    known = msgspec.structs.replace(CONTACT, trust=1, verified=verified)
    said = msgspec.structs.replace(control_server.message(), trust=1, verified=verified)
    script.answers["contacts.list"] = answers.Contacts(contacts=[known], total=1)
    script.answers["inbox"] = answers.Inbox(messages=[said])
    assert "verified key" in mesh("contacts").out
    assert ("number compared" in mesh("contacts").out) is verified
    shown = mesh("inbox").out
    assert ("number compared" if verified else "number not compared") in shown
    assert "verified" not in shown
