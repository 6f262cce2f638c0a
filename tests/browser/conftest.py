"""One browser for all, a mesh for each module: an owner whose agent has a past."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.mesh import Agent, Mesh
from tests.support.past import ada_and_bob
from tests.support.screen import Screen, chromium, opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    with Mesh(tmp_path_factory.mktemp("mesh")) as running:
        yield running


@pytest.fixture(scope="module")
def friends(mesh: Mesh) -> list[Agent]:
    """Ada, who owns the dashboard, and Bob, with whom she has talked."""
    return list(ada_and_bob(mesh))


@pytest.fixture(scope="module")
def ada(friends: list[Agent]) -> Agent:
    return friends[0]


@pytest.fixture(scope="module")
def bob(friends: list[Agent]) -> Agent:
    return friends[1]


@pytest.fixture
def screen(browser: Browser, ada: Agent) -> Iterator[Screen]:
    """A tab of Ada's."""
    with opened(browser, ada) as tab:
        yield tab
