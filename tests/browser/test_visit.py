"""The short look that every change has to pass: the owner comes in, sees, decides, stops."""

from collections.abc import Callable

import pytest

from tests.support.mesh import Agent, Mesh, eventually
from tests.support.screen import CARDS_SEEN, PAGES, Screen

SOON_MS = 20_000.0


def test_every_page_opens_and_nothing_goes_wrong(screen: Screen) -> None:
    for path in PAGES:
        screen.go(path)
    hosts = {request.url.split("/")[2] for request in screen.requests}
    assert len(hosts) == 1
    assert screen.refused == []


def test_a_knock_appears_and_approving_it_lets_the_message_through(
    screen: Screen,
    mesh: Mesh,
    ada: Agent,
    record_property: Callable[[str, object], None],
) -> None:
    screen.go("knocks")
    screen.run(CARDS_SEEN)
    carol = mesh.agent("carol")
    carol.ask("send", ada.amid, "May I ask about flights?", "--intent", "travel/flights")
    card = screen.see(".waits-here", "travel/flights")
    assert "carol" in card.inner_text()
    (knock,) = [it for it in ada.knocks() if it["from"] == carol.amid]
    seen_after = screen.seen_after(knock["id"], knock["received_at"])
    record_property("knock_seen_after_ms", round(seen_after))
    assert seen_after < SOON_MS  # a second is the benchmark's; here others are at work, too
    card.get_by_role("button", name="Approve and add").click()
    screen.gone(".waits-here", "travel/flights")
    assert ada.gets("May I ask about flights?")["trust"] == 1
    screen.go("contacts")
    screen.see("table", "carol")


def test_a_tier_is_told_by_its_number_and_in_words(screen: Screen, ada: Agent, mesh: Mesh) -> None:
    assert screen.see("dl div", "Tier").inner_text().split() == ["Tier", "2", "anonymous"]
    mesh.agent("nobodys").ask("send", ada.amid, "May I come in?")
    screen.go("knocks")
    looked = screen.see(".waits-here", "nobodys").locator("dl div", has_text="Registry")
    assert "Tier 2: nobody vouches for an owner." in looked.inner_text()


@pytest.mark.parametrize("way", ["button", "key"])
def test_one_click_stops_everything_and_a_typed_word_goes_on(
    screen: Screen, ada: Agent, bob: Agent, way: str
) -> None:
    if way == "button":
        screen.press("Emergency stop")
    else:
        screen.page.keyboard.press("S")
    screen.see(".banner", "Nothing leaves this machine")
    assert ada.status()["stopped"]
    screen.press("Resume …")
    resume = screen.page.get_by_role("dialog").get_by_role("button", name="Resume")
    assert resume.is_disabled()
    screen.page.get_by_label("Type RESUME to go on").fill("RESUME")
    resume.click()
    screen.gone(".banner")
    eventually(ada.is_connected)
    ada.ask("send", bob.amid, f"Still there by {way}?", "--wait", "20")
    bob.gets(f"Still there by {way}?")
