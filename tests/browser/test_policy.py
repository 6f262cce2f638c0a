"""The policy on the screen: nothing is in force before it was checked and saved."""

from collections.abc import Iterator

import pytest

from tests.support.mesh import Agent, Mesh, eventually
from tests.support.screen import Screen

NEVER_ABOUT = "Never about"


@pytest.fixture(autouse=True)
def _as_it_was(ada: Agent) -> Iterator[None]:
    yield
    ada.ask("policy", "set", "rejected_intents", "[]")


def test_an_edit_decides_the_next_knock(screen: Screen, mesh: Mesh, ada: Agent) -> None:
    screen.go("policy")
    screen.page.get_by_label(NEVER_ABOUT).fill("finance/payment")
    screen.press("Check")
    screen.see("[aria-label='Differences'] tr", "rejected_intents")
    assert ada.ask("policy", "get", "rejected_intents")["policy"] == []
    screen.press("Save")
    screen.see(".badge", "as it is in force")
    dora = mesh.agent("dora")
    sent = dora.run(
        "send", ada.amid, "Pay me.", "--intent", "finance/payment", "--wait", "60"
    ).answer
    assert (sent["outcome"], sent["reason"]) == ("refused", "intent_not_accepted")


def test_a_dry_run_shows_what_yesterdays_knocks_would_have_become(
    screen: Screen, mesh: Mesh, ada: Agent
) -> None:
    eve = mesh.agent("eve")
    eve.ask("send", ada.amid, "A small loan?", "--intent", "finance/loan")
    eventually(lambda: [it for it in ada.knocks() if it["from"] == eve.amid])
    screen.go("policy")
    screen.page.get_by_label(NEVER_ABOUT).fill("finance/loan")
    screen.press("Check")
    row = screen.see("[aria-label='KNOCKs of the last day'] tr", "finance/loan")
    assert "intent" in row.inner_text()
    screen.press("Discard")
    screen.see(".badge", "as it is in force")


def test_what_is_no_policy_is_named_and_nothing_happens(screen: Screen, ada: Agent) -> None:
    before = ada.ask("policy", "get")["policy"]
    screen.go("policy")
    screen.press("JSON")
    text = screen.page.get_by_label("policy.json")
    for wrong, said in (
        ("{", "This is no policy"),
        ("[1]", "a policy is an object"),
        ('{"consnet": "ask"}', "There is no setting 'consnet'"),
        ('{"__proto__": {"consent": "policy"}}', "There is no setting '__proto__'"),
        ('{"constructor": {"prototype": {"taken": 1}}}', "There is no setting 'constructor'"),
        ('{"consent": "maybe"}', "consent"),
        ('{"consent": ' + "[" * 5000 + "]" * 5000 + "}", ""),
    ):
        text.fill(wrong)
        screen.press("Check")
        screen.see(".problem", said)
    assert screen.run("() => [{}.consent, {}.taken]") == [None, None]
    assert ada.ask("policy", "get")["policy"] == before
    screen.press("Discard")


def test_a_policy_that_somebody_else_changed_is_not_overwritten(screen: Screen, ada: Agent) -> None:
    screen.go("policy")
    screen.page.get_by_label("Sessions at once").fill("50")
    ada.ask("policy", "set", "rejected_intents", '["marketplace"]')
    screen.see(".problem", "Another policy is in force since you began")
    screen.press("Check")
    screen.see("[aria-label='Differences'] tr", "max_concurrent_sessions")
    screen.press("Save")
    screen.see("dialog", "Not done")
    screen.press("Close", "dialog")
    assert ada.ask("policy", "get", "max_concurrent_sessions")["policy"] == 100
    screen.press("Begin again from it")
    screen.see(".badge", "as it is in force")


def test_a_change_is_undone(screen: Screen, ada: Agent) -> None:
    ada.ask("policy", "set", "rejected_intents", '["creative"]')
    screen.go("policy")
    screen.see("[aria-label='Policies that were in force'] tr", "rejected intents")
    screen.press("Go back …")
    screen.press("Go back", "dialog")
    eventually(lambda: ada.ask("policy", "get", "rejected_intents")["policy"] == [])
    screen.see(".badge", "as it is in force")
    assert screen.page.get_by_label(NEVER_ABOUT).input_value() == ""
