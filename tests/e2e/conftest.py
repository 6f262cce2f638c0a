"""A mesh for each module: its tests bring agents of their own, and leave relay and registry up."""

from collections.abc import Iterator

import pytest

from tests.support.mesh import Mesh


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    with Mesh(tmp_path_factory.mktemp("mesh")) as running:
        yield running
