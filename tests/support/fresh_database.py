"""Databases of a registry that are up to date: migrated once in a test run, then copied."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from tests.support.processes import start

_NAME = "registry.db"


def migrated(url: str) -> str:
    """Bring a database up to date as an operator does; return its address."""
    migrating = start("agentmesh_registry", "migrate", "--database", url)
    assert migrating.ended() == 0, migrating.output
    return url


def fresh_sqlite(folder: Path) -> str:
    """Return the address of a database in this folder: up to date, with nobody in it."""
    shutil.copy(Path(_template().name) / _NAME, folder / _NAME)
    return f"sqlite:///{folder}/{_NAME}"


@cache
def _template() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory(prefix="agentmesh-template-")
    migrated(f"sqlite:///{folder.name}/{_NAME}")
    return folder
