"""Sessions on the screen: who is talked with, and an end to it that the peer sees."""

from tests.support.mesh import Agent, eventually
from tests.support.screen import Screen


def test_killing_a_session_is_seen_by_the_peer(screen: Screen, ada: Agent, bob: Agent) -> None:
    bob.ask("send", ada.amid, "One more thing.", "--wait", "60")
    (session,) = [it for it in bob.ask("sessions")["sessions"] if it["state"] == "open"]
    screen.go("sessions")
    row = screen.see("tr", "bob")
    row.get_by_role("button", name="Kill").click()
    screen.gone("[aria-label='Live sessions'] tr", "bob")
    over = screen.see("[aria-label='Sessions that are over'] tr", "bob")
    over.get_by_role("link", name="Transcript").wait_for()
    eventually(lambda: session["session_id"] not in _open(bob))
    assert any(it["event"] == "breaker_kill_session" for it in ada.audit())


def _open(agent: Agent) -> set[str]:
    return {it["session_id"] for it in agent.ask("sessions")["sessions"] if it["state"] == "open"}


def test_a_message_is_counted_while_one_looks(screen: Screen, ada: Agent, bob: Agent) -> None:
    screen.go("sessions")
    bob.ask("send", ada.amid, "Now you see me.", "--wait", "60")
    row = screen.see("tr", "bob")
    before = row.inner_text()
    bob.ask("send", ada.amid, "And again.", "--wait", "60")
    screen.page.wait_for_function(
        "before => ![...document.querySelectorAll('tr')].some((row) => row.innerText === before)",
        arg=before,
    )
