from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.filing import Desks, desks_in


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncIterator[Desks]:
    """Alice and Bob, each with a room for files."""
    async with desks_in(tmp_path) as both:
        yield both
