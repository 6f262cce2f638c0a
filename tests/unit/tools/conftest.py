"""A home whose daemon answers as the test says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.control_server import Script, serving


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def home(tmp_path: Path, script: Script) -> Iterator[Path]:
    with serving(tmp_path, script):
        yield tmp_path
