"""Pictures of every page, of an agent with a past: `python -m tests.browser.screenshots FOLDER`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.support.mesh import Agent, Mesh
from tests.support.past import ada_and_bob, much_to_decide
from tests.support.screen import PAGES, chromium, opened

VIEWS = {
    "wide-light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "wide-dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "tablet-light": {"viewport": {"width": 768, "height": 1024}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}


def take(browser: Browser, ada: Agent, bob: Agent, folder: Path) -> None:
    """Write a picture of every page in every view."""
    session = ada.ask("transcripts", "list")["transcripts"][0]["session_id"]
    views = {**PAGES, f"contacts/{bob.amid}": "bob", f"transcripts/{session}": "With"}
    for name, how in VIEWS.items():
        with opened(browser, ada, **how) as screen:
            for path, heading in views.items():
                screen.go(path, heading)
                page = path.partition("/")[0] + ("-one" if "/" in path else "")
                screen.page.screenshot(path=folder / f"{page}-{name}.png", full_page=True)


def main(folder: Path) -> None:
    """Start a mesh, give an agent a past, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, Mesh(Path(place)) as mesh:
        ada, bob = ada_and_bob(mesh)
        much_to_decide(mesh, ada, bob)
        with chromium() as browser:
            take(browser, ada, bob, folder)
    print(f"{len(list(folder.glob('*.png')))} pictures are in {folder}/")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
