"""Every page is for everybody: axe finds nothing, in light and dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support.mesh import Agent, Mesh
from tests.support.past import much_to_decide
from tests.support.screen import PAGES, Screen, opened


@pytest.fixture(scope="module", autouse=True)
def _past(mesh: Mesh, ada: Agent, bob: Agent) -> None:
    much_to_decide(mesh, ada, bob)


def _looked_at(screen: Screen, ada: Agent, bob: Agent) -> list[str]:
    """Return what is wrong with what is seen, page by page."""
    session = ada.ask("transcripts", "list")["transcripts"][0]["session_id"]
    views = {**PAGES, f"contacts/{bob.amid}": "bob", f"transcripts/{session}": "With"}
    wrong = []
    for path, heading in views.items():
        screen.go(path, heading)
        for summary in screen.page.locator("summary").all():
            summary.click()
        screen.settled()
        wrong += [f"{path}: {it['id']}" for it in Axe().run(screen.page).response["violations"]]
        too_wide = screen.run("() => document.documentElement.scrollWidth > innerWidth")
        wrong += [f"{path}: scrolls sideways"] if too_wide else []
    screen.page.keyboard.press("?")
    wrong += [f"keys: {it['id']}" for it in Axe().run(screen.page).response["violations"]]
    return wrong


@pytest.mark.parametrize("width", [1280, 768, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser: Browser, ada: Agent, bob: Agent, scheme: str, width: int
) -> None:
    how = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    # axe is put into the page as a script, which the page's own rules forbid.
    with opened(browser, ada, bypass_csp=True, **how) as screen:
        assert _looked_at(screen, ada, bob) == []


def test_high_contrast_has_nothing_wrong_either(browser: Browser, ada: Agent, bob: Agent) -> None:
    with opened(browser, ada, bypass_csp=True, contrast="more") as screen:
        assert _looked_at(screen, ada, bob) == []
