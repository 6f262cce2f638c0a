"""A guarded node for whoever asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.guarded import Guarded, guarded


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Guarded]:
    async with guarded(tmp_path) as held:
        yield held
