"""A module fits in a head."""

from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

WALL = 300
SOURCES = ("agentmesh", "services", "tests", "benchmarks", "dashboard", "openclaw")
FOREIGN = {"vendor", "node_modules", "__pycache__"}  # not written here


def _sources() -> list[Path]:
    files = (p for top in SOURCES for p in (ROOT / top).rglob("*") if p.suffix in {".py", ".js"})
    return sorted(p for p in files if not FOREIGN & set(p.parts))


@pytest.mark.parametrize("path", _sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_the_wall(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= WALL
