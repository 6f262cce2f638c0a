"""What a visit costs: requests and bytes, counted in the browser."""

from playwright.sync_api import Browser

from tests.support.mesh import Agent
from tests.support.screen import PAGES, Screen, opened

MOST_BYTES = 150_000
MOST_REQUESTS_TO_BEGIN = 45
MOST_CALLS_A_PAGE = 6


def _files(screen: Screen) -> list[str]:
    return [it.url for it in screen.requests if "/api/" not in it.url]


def test_a_whole_visit_loads_every_file_once_and_little_at_all(
    browser: Browser, ada: Agent
) -> None:
    with opened(browser, ada) as screen:
        screen.settled()
        assert len(screen.requests) <= MOST_REQUESTS_TO_BEGIN
        for path in PAGES:
            before = len(screen.requests)
            screen.go(path)
            asked = [it.url for it in screen.requests[before:] if "/api/call/" in it.url]
            assert len(asked) <= MOST_CALLS_A_PAGE, asked
        assert len(_files(screen)) == len(set(_files(screen)))
        sizes = [it.sizes()["responseBodySize"] for it in screen.requests if "/api/" not in it.url]
        assert sum(sizes) <= MOST_BYTES


def test_a_page_that_is_looked_at_asks_for_nothing_by_itself(screen: Screen) -> None:
    screen.go("contacts")
    before = len(screen.requests)
    screen.page.wait_for_timeout(3000)
    assert [it.url for it in screen.requests[before:]] == []
