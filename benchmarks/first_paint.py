"""When an owner sees something: `python -m benchmarks.first_paint`, in the machine's Chromium.

Goal: the first picture of the dashboard within 300 ms on loopback, nothing cached. A page with one
word on it is loaded in turns: its figure is the share of the browser alone.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import machine
from tests.support.mesh import Agent, Mesh
from tests.support.screen import address, chromium

ROUNDS = 10
GOAL_MS = 300.0
FIRST_PICTURE = """() => new Promise((done) => new PerformanceObserver((seen) => {
    const found = seen.getEntriesByName('first-contentful-paint')[0];
    if (found) done(found.startTime);
}).observe({type: 'paint', buffered: true}))"""

WHOLE = """() => new Promise((done) => {
    const look = () => document.querySelector('.facts') ? done(performance.now())
        : requestAnimationFrame(look);
    look();
})"""
"""When the live state is on the screen."""


def loaded(browser: Browser, url: str, script: str) -> float:
    """Return what a script says about a new tab: after how many milliseconds it showed it."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(url)
        milliseconds: float = page.evaluate(script)
        return milliseconds
    finally:
        context.close()


def measure(browser: Browser, agent: Agent) -> dict[str, float]:
    """Return the medians: the first picture, the whole, and a page with one word on it."""
    word = "data:text/html,<p>word"
    taken: dict[str, list[float]] = {"first_ms": [], "whole_ms": [], "one_word_ms": []}
    for _ in range(ROUNDS):
        taken["first_ms"].append(loaded(browser, address(agent), FIRST_PICTURE))
        taken["whole_ms"].append(loaded(browser, address(agent), WHOLE))
        taken["one_word_ms"].append(loaded(browser, word, FIRST_PICTURE))
    return {name: statistics.median(values) for name, values in taken.items()}


def main() -> int:
    """Print the figures; tell by the exit code whether the goal is met."""
    with tempfile.TemporaryDirectory() as place, Mesh(Path(place)) as mesh, chromium() as browser:
        found = measure(browser, mesh.agent("ada"))
    print(json.dumps({name: round(value, 1) for name, value in found.items()}))
    print(machine.description())
    return 0 if found["first_ms"] <= GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())
