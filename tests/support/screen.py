"""An owner in front of a real browser: what is on the screen, and what must never happen."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    sync_playwright,
)

from agentmesh.protocol.times import from_text
from tests.support.mesh import Agent
from tests.support.patience import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome")
REBOUND = "rebound.test"
"""A foreign name that leads to this machine."""
_RESOLVES = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"
_REFUSED = "Failed to load resource"
"""What the browser says of an answer that is an error; the page shows it to its owner."""
PAGES = {
    "overview": "Overview",
    "knocks": "KNOCKs",
    "approvals": "Approvals",
    "sessions": "Sessions",
    "contacts": "Contacts",
    "transcripts": "Transcripts",
    "files": "Files",
    "policy": "Policy",
    "reputation": "Reputation",
    "audit": "Audit",
    "health": "Health",
    "settings": "Settings",
}
"""Every page by its part of the address, with its heading."""


CARDS_SEEN = """() => {
    window.seen = {};
    const look = () => {
        for (const card of document.querySelectorAll('.waits-here')) {
            window.seen[card.dataset.id] ??= Date.now();
        }
    };
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""
"""Have the page note when each card came onto the screen."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield this machine's Chromium, without a window."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "Chromium is missing: make chromium"
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*as_root, _RESOLVES])
        try:
            yield browser
        finally:
            browser.close()


class Screen:
    """One tab on an agent's dashboard, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext, agent: Agent) -> None:
        context.set_default_timeout(PATIENCE * 1000)
        self.context = context
        self.page: Page = context.new_page()
        self.agent = agent
        self.wrong: list[str] = []
        self.requests: list[Request] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._listen)
        self.page.on("dialog", lambda dialog: self.wrong.append(f"dialog {dialog.message}"))
        self.refused: list[str] = []
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def come_in(self, *options: str) -> None:
        """Open the dashboard as its owner does: by the address that the command prints."""
        self.page.goto(address(self.agent, *options))
        self.see("h1", "Overview")

    def go(self, path: str, heading: str | None = None) -> None:
        """Open a page, and wait for what it shows."""
        self.page.evaluate("path => { location.hash = `#/${path}`; }", path)
        self.see("h1", heading or PAGES[path.partition("/")[0]])
        self.settled()

    def settled(self) -> None:
        """Wait until nothing is being loaded any more."""
        self.page.wait_for_function("() => !document.querySelector('main .loading')")

    def see(self, selector: str, text: str | re.Pattern[str] = "") -> Locator:
        """Wait until an element with this text is seen; return it."""
        found = self.page.locator(selector, has_text=text).first
        found.wait_for()
        return found

    def gone(self, selector: str, text: str | re.Pattern[str] = "") -> None:
        """Wait until no element with this text is there any more."""
        self.page.locator(selector, has_text=text).first.wait_for(state="detached")

    def press(self, name: str | re.Pattern[str], within: str = "body") -> None:
        """Click the button with this name."""
        self.page.locator(within).get_by_role("button", name=name).first.click()

    def text(self, selector: str = "main") -> str:
        """Return what stands in an element."""
        return self.page.locator(selector).first.inner_text()

    def seen_after(self, knock_id: str, received_at: str) -> float:
        """Return how many milliseconds after its arrival a KNOCK was on the screen."""
        self.page.wait_for_function("id => window.seen[id]", arg=knock_id)
        return float(self.run("id => window.seen[id]", knock_id) - from_text(received_at) * 1000)

    def run(self, script: str, given: Any = None) -> Any:
        """Run a script in the page, as a test may and no other page."""
        return self.page.evaluate(script, given)

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.refused.append(f"{response.status} {response.url}")

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_REFUSED):
            self.wrong.append(message.text)


def address(agent: Agent, *options: str) -> str:
    """Return an address that lets one tab in."""
    url: str = agent.ask("dashboard", "--port", "0", "--no-open", *options)["url"]
    return url


@contextmanager
def opened(browser: Browser, agent: Agent, **how: Any) -> Iterator[Screen]:
    """Yield a tab that is in; afterwards nothing may have gone wrong in it."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **how})
    try:
        screen = Screen(context, agent)
        screen.come_in()
        yield screen
        assert not screen.wrong, screen.wrong
    finally:
        context.close()
