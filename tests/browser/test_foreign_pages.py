"""A hostile page in the next tab of the same browser changes nothing, and reads nothing."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.mesh import Agent
from tests.support.screen import REBOUND, Screen

ATTACKS = {
    "a post without a preflight": """
        await fetch(`${door}/api/call/pause`, {method: 'POST', mode: 'no-cors', body: '{}'})""",
    "a post that asks for leave first": """
        await (await fetch(`${door}/api/call/pause`, {method: 'POST', body: '{}',
          headers: {'Content-Type': 'application/json', Authorization: 'Bearer x'}})).text()""",
    "a post with what the browser sends along": """
        await fetch(`${door}/api/call/pause`,
          {method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}'})""",
    "a beacon": """
        navigator.sendBeacon(`${door}/api/call/pause`,
          new Blob(['{}'], {type: 'text/plain'}))""",
    "a form": """
        document.body.append(Object.assign(document.createElement('iframe'), {name: 'sink'}));
        const form = Object.assign(document.createElement('form'), {method: 'POST',
          action: `${door}/api/call/pause`, enctype: 'text/plain', target: 'sink'});
        document.body.append(form); form.submit();
        await new Promise((done) => setTimeout(done, 300))""",
    "a get": """
        await fetch(`${door}/api/call/pause`, {mode: 'no-cors'})""",
    "a picture": """
        await new Promise((done) => Object.assign(new Image(),
          {onload: done, onerror: done, src: `${door}/api/call/pause`}))""",
    "reading the page": """
        return await (await fetch(`${door}/`)).text()""",
    "reading a file of it": """
        return await (await fetch(`${door}/static/app.js`)).text()""",
    "running a file of it": """
        return await new Promise((done) => document.body.append(Object.assign(
          document.createElement('script'), {type: 'module', src: `${door}/static/app.js`,
          onload: () => done('it ran'), onerror: () => done(null)})))""",
    "a stream": """
        return await new Promise((done) => {
          const socket = new WebSocket(`${door.replace('http', 'ws')}/api/live?ticket=x`);
          socket.onopen = () => done('it opened'); socket.onerror = () => done(null); })""",
    "a token of its own": """
        return await (await fetch(`${door}/api/bootstrap`, {method: 'POST',
          headers: {'Content-Type': 'application/json'}, body: '{"token": "x"}'})).text()""",
    "a window on it": """
        const other = open(`${door}/`);
        await new Promise((done) => setTimeout(done, 500));
        try { return other.document.body.innerText || null; } catch { return null; }""",
    "nobody's origin": """
        const frame = Object.assign(document.createElement('iframe'), {sandbox: 'allow-scripts',
          srcdoc: `<script>fetch('${door}/api/call/pause',
            {method: 'POST', mode: 'no-cors', body: '{}'})</scr` + `ipt>`});
        document.body.append(frame); await new Promise((done) => setTimeout(done, 300))""",
}
"""What a page tries; it returns what it could read."""


class _Anything(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>A nice game</title><body>Click here!"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """The port of somebody else's server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Anything)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def _door(screen: Screen) -> str:
    return screen.page.url.split("/#")[0].rstrip("/")


def _tried(page: Page, door: str, attack: str) -> Any:
    script = f"async (door) => {{ try {{ {attack} }} catch {{ return null; }} }}"
    return page.evaluate(script, door)


def _facts(agent: Agent) -> list[str]:
    return [it["event"] for it in agent.audit() if it["event"].startswith(("breaker", "policy"))]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_port_changes_and_reads_nothing(
    screen: Screen, ada: Agent, elsewhere: int, host: str
) -> None:
    before = _facts(ada)
    hostile = screen.context.new_page()
    read = {}
    for name, attack in ATTACKS.items():
        hostile.goto(f"http://{host}:{elsewhere}/")
        if found := _tried(hostile, _door(screen), attack):
            read[name] = found
    assert read == {}
    assert _facts(ada) == before
    assert not ada.status()["paused"]


def test_it_is_never_shown_inside_another_page(screen: Screen, elsewhere: int) -> None:
    hostile = screen.context.new_page()
    hostile.goto(f"http://127.0.0.1:{elsewhere}/")
    hostile.evaluate(
        """(door) => new Promise((done) => document.body.append(Object.assign(
          document.createElement('iframe'), {src: `${door}/`, onload: done})))""",
        _door(screen),
    )
    (frame,) = hostile.main_frame.child_frames
    assert not frame.url.startswith(_door(screen))
    assert "AgentMesh" not in frame.content()


def test_a_name_that_was_rebound_to_this_machine_is_another_name(
    screen: Screen, ada: Agent
) -> None:
    port = _door(screen).rpartition(":")[2]
    for name in (REBOUND, "0.0.0.0"):
        page = screen.context.new_page()
        answer = page.goto(f"http://{name}:{port}/")
        assert answer is not None
        assert answer.status == 421
        assert page.evaluate(POST) == 421
    assert not ada.status()["paused"]


POST = """async () => (await fetch('/api/call/pause', {method: 'POST', body: '{}',
    headers: {'Content-Type': 'application/json'}})).status"""
LATER = """() => new Promise((done) => setTimeout(() => {{
    try {{ {}; done(true); }} catch {{ done(false); }} }}))"""
"""From a timer: what a debugger evaluates itself is not held by the page's policy."""
SINKS = {
    "innerHTML": "document.body.innerHTML = '<img src=x onerror=window.taken=1>'",
    "outerHTML": "document.getElementById('notes').outerHTML = '<b>x</b>'",
    "insertAdjacentHTML": "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
    "document.write": "document.write('<script>window.taken=1</script>')",
    "DOMParser": "new DOMParser().parseFromString('<b>x</b>', 'text/html')",
    "a fragment": "document.createRange().createContextualFragment('<b>x</b>')",
    "srcdoc": "document.createElement('iframe').srcdoc = '<b>x</b>'",
    "a script's address": "document.createElement('script').src = '/static/app.js'",
    "a script's text": "document.createElement('script').text = 'window.taken=1'",
    "a handler's text": "document.body.setAttribute('onclick', 'window.taken=1')",
    "eval": "eval('window.taken=1')",
    "a function's text": "new Function('window.taken=1')()",
    "a timer's text": "setTimeout('window.taken=1', 0)",
    "a policy that lets all through": "trustedTypes.createPolicy('x', {createHTML: (x) => x})",
    "the default policy": "trustedTypes.createPolicy('default', {createHTML: (x) => x})",
}


def test_whoever_runs_in_the_page_finds_no_way_to_html_or_code(
    browser: Browser, ada: Agent
) -> None:
    context = browser.new_context()
    screen = Screen(context, ada)
    screen.come_in()
    allowed = []
    for name, code in SINKS.items():
        if screen.run(LATER.format(code)):
            allowed.append(name)
    assert allowed == []
    assert screen.run("() => window.taken") is None
    context.close()


def test_a_page_out_of_the_browsers_memory_asks_anew_whether_it_is_in(
    screen: Screen, ada: Agent
) -> None:
    screen.go("contacts")
    screen.see("td", "bob")
    screen.run("() => sessionStorage.clear()")  # as it is when another page of the tab left
    screen.run("() => dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    screen.see(".gate")
    assert "bob" not in screen.text("body")


def test_nothing_of_a_tab_that_left_comes_back(browser: Browser, ada: Agent) -> None:
    context = browser.new_context()
    screen = Screen(context, ada)
    screen.come_in()
    screen.go("contacts")
    screen.see("td", "bob")
    screen.go("settings")
    screen.press(re.compile("Close this tab"))
    screen.see(".gate")
    screen.page.goto("about:blank")
    screen.page.go_back()
    screen.see(".gate")
    assert "bob" not in screen.text("body")
    context.close()
