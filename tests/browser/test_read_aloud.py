"""Who hears the page instead of seeing it, and who wants it still."""

from playwright.sync_api import Browser

from tests.support.mesh import Agent, Mesh
from tests.support.past import say
from tests.support.screen import PAGES, Screen, opened

HEARD = """() => {
    window.heard = [];
    const place = document.getElementById('announced');
    new MutationObserver(() => window.heard.push(place.textContent))
        .observe(place, {childList: true, characterData: true, subtree: true});
}"""
MOVING = """() => [...document.querySelectorAll('*')].filter((it) => {
    const style = getComputedStyle(it);
    return parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0;
}).length"""


def test_a_knock_is_read_out_and_answered_by_keys_alone(
    screen: Screen, mesh: Mesh, ada: Agent
) -> None:
    screen.run(HEARD)
    dora = mesh.agent("dora")
    dora.ask("send", ada.amid, "May I?")
    screen.see("#announced", "A KNOCK waits for you.")
    for key in ("g", "k"):
        screen.page.keyboard.press(key)
    screen.see(".waits-here", "dora")
    for key in ("j", "a"):
        screen.page.keyboard.press(key)
    screen.gone(".waits-here", "dora")
    screen.see("#announced", "Approved: now a contact.")
    assert screen.run("() => window.heard") == [
        "A KNOCK waits for you.",
        "Approved: now a contact.",
    ]
    assert ada.gets("May I?")["trust"] == 1


def test_messages_that_come_and_go_are_not_read_out(screen: Screen, ada: Agent, bob: Agent) -> None:
    screen.go("sessions")
    screen.run(HEARD)
    say(bob, ada, [f"Number {number}" for number in range(20)])
    ada.gets("Number 19")
    screen.page.wait_for_function(
        "() => [...document.querySelectorAll('tr')].some((row) => row.innerText.includes('bob')"
        " && Number(/(\\d+) received/.exec(row.innerText)?.[1]) >= 20)"
    )
    assert screen.run("() => window.heard") == []


def test_nothing_moves_for_who_wants_it_still(browser: Browser, ada: Agent) -> None:
    with opened(browser, ada, reduced_motion="reduce") as screen:
        for path in PAGES:
            screen.go(path)
            assert screen.run(MOVING) == 0
