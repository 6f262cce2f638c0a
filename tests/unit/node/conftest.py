"""Two nodes for whoever asks for a pair."""

from collections.abc import AsyncIterator

import pytest

from tests.support.node_pair import Pair, node_pair


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with node_pair() as both:
        yield both
