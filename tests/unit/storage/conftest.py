"""The stores under test: every store keeps the same promises."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agentmesh.storage.interface import Store
from agentmesh.storage.sqlite import SqliteStore
from tests.support.stores import sqlite_store, volatile_store


@pytest.fixture(params=[volatile_store, sqlite_store])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with request.param(tmp_path) as store:
        yield store


@pytest.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with sqlite_store(tmp_path) as store:
        yield store
