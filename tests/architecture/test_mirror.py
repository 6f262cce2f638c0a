"""Whoever opens a module finds its test by the name."""

from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, has_logic, modules

# Modules whose behaviour is tested somewhere else, and where.
ELSEWHERE = {
    "agentmesh/__init__.py": "loads the Python API late; whoever uses it tests that",
}


def _tested() -> list[Path]:
    found = (path for package in PACKAGES for path in modules(package) if has_logic(path))
    return [path for path in found if str(path.relative_to(ROOT)) not in ELSEWHERE]


def _mirrors(path: Path) -> list[Path]:
    """Return the module's test files: of its name, and of its name with an aspect behind it."""
    name = path.parent.name if path.name == "__init__.py" else path.stem.strip("_")
    if path.is_relative_to(PACKAGES["agentmesh"]):
        folder = path.relative_to(PACKAGES["agentmesh"]).parent
        places = [ROOT / "tests/unit" / folder, ROOT / "tests/integration"]
    else:
        service = path.relative_to(ROOT / "services").parts[0]
        places = [ROOT / "tests/services" / service, ROOT / "tests/integration" / service]
    patterns = (f"test_{name}.py", f"test_{name}_*.py")
    return [file for place in places for pattern in patterns for file in place.rglob(pattern)]


@pytest.mark.parametrize("path", _tested(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_with_logic_has_a_test_of_its_name(path: Path) -> None:
    assert _mirrors(path), "no tests/**/test_<name>.py"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_exception_is_still_needed(name: str) -> None:
    assert has_logic(ROOT / name)
    assert not _mirrors(ROOT / name)
