"""Lists that are longer than a page go on where one looks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser

from tests.support.full_house import write_sessions, write_transcripts
from tests.support.mesh import Agent, Mesh
from tests.support.screen import Screen, opened

COUNT = 130


@pytest.fixture(scope="module")
def busy(mesh: Mesh) -> Agent:
    """An agent that talks with many, and has."""
    agent = mesh.newcomer("busy")
    with ThreadPoolExecutor(1) as beside:  # a browser's driver has the loop of this thread
        beside.submit(asyncio.run, write_sessions(agent.home, COUNT)).result()
    write_transcripts(agent.home, COUNT)
    agent.up()
    return agent


def _rows(screen: Screen, label: str) -> int:
    return screen.page.locator(f"[aria-label='{label}'] tbody tr").count()


def test_what_follows_comes_when_the_end_is_seen(browser: Browser, busy: Agent) -> None:
    with opened(browser, busy) as screen:
        for path, label in (
            ("sessions", "Live sessions"),
            ("transcripts", "Transcripts"),
            ("contacts", "Known peers"),
        ):
            screen.go(path)
            screen.see(f"[aria-label='{label}'] tbody tr")
            first = _rows(screen, label)
            assert first <= 100
            screen.page.get_by_role("button", name="More", exact=True).scroll_into_view_if_needed()
            screen.page.wait_for_function(
                "([label, count]) => document.querySelectorAll("
                "`[aria-label='${label}'] tbody tr`).length === count",
                arg=[label, COUNT],
            )
            screen.gone("button", "More")


def test_the_command_line_goes_on_where_it_says(busy: Agent) -> None:
    assert busy.status()["sessions_total"] == COUNT
    seen: list[str] = []
    place: list[str] = []
    while place or not seen:
        page = busy.ask("transcripts", "list", "--limit", "100", *place)
        seen += [it["session_id"] for it in page["transcripts"]]
        place = ["--place", page["next"]] if page["next"] else []
    assert len(set(seen)) == len(seen) == COUNT
    first = busy.ask("contacts")
    rest = busy.ask("contacts", "list", "--after", first["next"])
    amids = {it["amid"] for page in (first, rest) for it in page["contacts"]}
    assert (len(first["contacts"]), len(amids), rest["next"]) == (100, COUNT, "")
