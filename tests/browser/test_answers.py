"""What waits for the owner is answered on the screen, and reaches whom it is about."""

import json
from typing import Any

import pytest
from playwright.sync_api import Route, WebSocketRoute

from tests.support.mesh import Agent, Mesh, eventually
from tests.support.past import much_to_decide
from tests.support.screen import Screen


@pytest.fixture(scope="module", autouse=True)
def _past(mesh: Mesh, ada: Agent, bob: Agent) -> None:
    much_to_decide(mesh, ada, bob)


def test_a_draft_is_sent_as_it_was_shown(screen: Screen, bob: Agent) -> None:
    screen.go("approvals")
    card = screen.see(".waits-here", "Yes, Sunday at 17:10, same seats.")
    card.focus()
    with screen.page.expect_request("**/api/call/approvals.approve") as asked:
        screen.page.keyboard.press("a")
    assert len(asked.value.post_data_json["digest"]) == 64
    screen.gone(".waits-here", "Yes, Sunday")
    screen.see("[aria-label='Decided drafts'] tr", "approved")
    bob.gets("Yes, Sunday at 17:10, same seats.")


def test_a_file_is_taken_and_seen_to_arrive(screen: Screen, ada: Agent) -> None:
    screen.go("files")
    card = screen.see("article", "tickets.pdf")
    assert "195 KiB" in card.inner_text()
    card.get_by_role("button", name="Take it").click()
    screen.see("article .badge", "done")
    (file,) = ada.ask("files")["files"]
    assert file["path"] in screen.text("article")


def test_a_stranger_is_let_in_for_one_session(screen: Screen, ada: Agent, mesh: Mesh) -> None:
    screen.go("knocks")
    card = screen.see(".waits-here", "We met at the fair")
    screen.page.locator("details summary", has_text="Why this verdict").first.click()
    screen.see("[aria-label='The checks'] tr:has(.decides)", "awaiting owner")
    card.focus()
    screen.page.keyboard.press("o")
    screen.gone(".waits-here", "We met at the fair")
    ada.gets("May I offer you flights?")
    assert all(not it["name"].startswith("Carol") for it in ada.ask("contacts")["contacts"])


@pytest.fixture(scope="module")
def _delegate(mesh: Mesh, ada: Agent) -> None:
    """Let a stranger wait for Ada."""
    delegate = mesh.agent("delegate")
    delegate.ask("send", ada.amid, "May I come in?")
    eventually(lambda: any(it["from"] == delegate.amid for it in ada.knocks()))


@pytest.mark.usefixtures("_delegate")
@pytest.mark.parametrize(
    ("certificate", "organization", "says"),
    [
        ("valid", "example.org", "organisation example.org"),
        ("valid", "", "a verified owner"),
        ("revoked", "example.org", "its certificate does not count: revoked"),
    ],
)
def test_who_answers_for_a_stranger_is_said_as_the_daemon_checked_it(
    screen: Screen, certificate: str, organization: str, says: str
) -> None:
    vouched = {"tier": 1.5, "organization": organization, "certificate": certificate}

    def as_checked(stream: WebSocketRoute) -> None:
        daemon = stream.connect_to_server()
        daemon.on_message(lambda said: stream.send(_vouched_for(said, vouched)))

    screen.page.route_web_socket("**/api/live*", as_checked)
    screen.page.reload()
    screen.go("knocks")
    answers = screen.see(".waits-here", "delegate").locator("dl div", has_text="Answers for it")
    assert " ".join(answers.locator("dd").inner_text().split()) == says


def _vouched_for(said: str | bytes, vouched: dict[str, object]) -> str:
    """Return what the daemon said, as if it had checked who answers for whom."""
    heard = json.loads(said)
    for knock in (heard.get("snapshot") or {"knocks": {"knocks": []}})["knocks"]["knocks"]:
        knock["vouched"] = vouched
    return json.dumps(heard)


def test_blocking_asks_first_and_holds(screen: Screen, ada: Agent, mesh: Mesh) -> None:
    mallory = mesh.agent("mallory")
    mallory.ask("send", ada.amid, "Hello, my friend!")
    screen.go("knocks")
    screen.see(".waits-here", "mallory").get_by_role("button", name="Block").click()
    screen.press("Cancel", "dialog")
    assert ada.knocks()
    screen.see(".waits-here", "mallory").get_by_role("button", name="Block").click()
    screen.press("Block", "dialog")
    screen.gone(".waits-here", "mallory")
    eventually(lambda: mallory.amid in ada.ask("policy", "get", "blocklist")["policy"])


def test_a_contact_is_verified_named_and_granted_something(
    screen: Screen, ada: Agent, bob: Agent
) -> None:
    screen.go(f"contacts/{bob.amid}", "bob")
    number = ada.ask("verify", "bob")["number"]
    assert screen.text(".number").split() == number.split()
    screen.page.get_by_text("QR code for the other").click()
    screen.see("svg.qr")
    screen.press("They match …")
    screen.press("The numbers are the same", "dialog")
    screen.see(".card .badge", "compared")
    eventually(lambda: _contact(ada, bob)["verified"])
    screen.page.get_by_label("What your agent may send it").select_option("draft")
    eventually(lambda: _contact(ada, bob)["autonomy"] == "draft")
    screen.page.get_by_text("Grant something").click()
    screen.page.locator("select[name=kind]").select_option("file-in")
    screen.page.locator("form", has_text="How often at most").get_by_role("button").click()
    screen.see(".lines li", "file-in").get_by_role("button", name="Take back").click()
    screen.see(".lines li", "grant revoked")


def _contact(ada: Agent, peer: Agent) -> Any:
    return next(it for it in ada.ask("contacts")["contacts"] if it["amid"] == peer.amid)


def test_forgetting_a_contact_asks_first(screen: Screen, ada: Agent, mesh: Mesh) -> None:
    friend = mesh.agent("friend")
    screen.go("contacts")
    screen.page.get_by_label("AMID or DID").fill(friend.amid)
    screen.page.get_by_label("Your name for it").fill("a friend")
    screen.press("Add", "main")
    screen.see("td", "a friend").get_by_role("link").click()
    screen.see("h1", "a friend")
    screen.press("Forget …")
    screen.press("Forget", "dialog")
    screen.see("h1", "Contacts")
    screen.gone("td", "a friend")


def test_a_draft_that_is_another_than_the_one_shown_is_not_sent(
    screen: Screen, ada: Agent, bob: Agent
) -> None:
    bob.ask("send", ada.amid, "And the hotel?", "--wait", "60")
    draft = {"message_id": ada.gets("And the hotel?")["message_id"], "body": "The Sacher."}
    ada.ask("contacts", "autonomy", "bob", "draft")
    ada.run("tool", "mesh_reply", json.dumps(draft))
    screen.go("approvals")
    card = screen.see(".waits-here", "The Sacher.")

    def other(route: Route) -> None:
        shown = route.request.post_data_json
        route.continue_(post_data=json.dumps({**shown, "digest": "0" * 64}))

    screen.page.route("**/api/call/approvals.approve", other, times=1)
    card.get_by_role("button", name="Send it").click()
    screen.see("dialog", "Not done")
    screen.press("Close", "dialog")
    assert "The Sacher." in [it["payload"]["text"] for it in ada.ask("approvals")["approvals"]]
    card.get_by_role("button", name="Do not send").click()
    screen.gone(".waits-here", "The Sacher.")
    assert "The Sacher." not in bob.texts()
