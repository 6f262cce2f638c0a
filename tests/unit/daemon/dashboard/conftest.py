"""A dashboard that is open, and a tab that is in."""

import pytest

from tests.support.tab import Tab, tab_in
from tests.unit.daemon.conftest import House


@pytest.fixture
async def tab(house: House) -> Tab:
    return await tab_in(house.caller)
