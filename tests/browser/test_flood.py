"""Under a flood the page goes on, and the stop holds."""

from playwright.sync_api import Browser

from tests.support.mesh import Mesh, eventually
from tests.support.processes import running
from tests.support.screen import PAGES, Screen, opened

SECOND_OF_EVENTS = """() => new Promise((done) => {
    const told = {change: {parts: {}, events: [{kind: 'message_received'}], more: 0}};
    for (let seq = 1; seq <= 10_000; seq++) {
        const data = JSON.stringify({...told, seq: window.last + seq});
        window.live.onmessage({data});
    }
    window.live.close();
    requestAnimationFrame(() => done());
})"""
"""Ten thousand changes at once, then a fall: the page begins anew with a snapshot."""
HELD = """(() => {
    window.WebSocket = class extends WebSocket {
        constructor(...all) {
            super(...all);
            window.live = this;
            this.addEventListener('message', ({data}) => { window.last = JSON.parse(data).seq; });
        }
    };
})()"""


def test_the_stop_holds_while_agents_drown_each_other(browser: Browser, mesh: Mesh) -> None:
    loud, louder = mesh.friends("loud", "louder")
    with (
        opened(browser, loud) as screen,
        running("tests.reliability.flood", loud.home, louder.amid, env=mesh.environment),
        running("tests.reliability.flood", louder.home, loud.amid, env=mesh.environment),
    ):
        eventually(lambda: len(louder.messages()) >= 50)
        for path in ("sessions", "knocks", "overview"):
            screen.go(path)
        screen.press("Emergency stop")
        screen.see(".banner", "Nothing leaves this machine")
        assert loud.status()["stopped"]
        screen.go("audit")
        screen.see("td", "breaker emergency stop")
        assert loud.fails(5, "send", "louder", "one more")["code"] == "stopped"


def test_ten_thousand_changes_at_once_leave_the_page_as_it_was(
    browser: Browser, mesh: Mesh
) -> None:
    quiet = mesh.agent("quiet")
    context = browser.new_context()
    context.add_init_script(HELD)
    screen = Screen(context, quiet)
    screen.come_in()
    screen.page.wait_for_function("() => window.last !== undefined")
    screen.run(SECOND_OF_EVENTS)
    for path in PAGES:
        screen.go(path)
    quiet.ask("pause")
    screen.see(".banner", "No new sessions begin")
    screen.press("Emergency stop")
    screen.see(".banner", "Nothing leaves this machine")
    assert screen.wrong == []
    context.close()
