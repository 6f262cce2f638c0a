"""One OpenClaw for all of these tests, in a throw-away home, with a mesh and a scripted model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.openclaw.host import Host, Missing, installed, packed
from tests.openclaw.scripted_model import Model, model
from tests.support.mesh import Agent, Mesh


@pytest.fixture(scope="package")
def path() -> str:
    try:
        return installed()
    except Missing as missing:
        pytest.skip(f"NOT TESTED AGAINST OPENCLAW: {missing}")


@pytest.fixture(scope="package")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    with Mesh(tmp_path_factory.mktemp("mesh")) as running:
        yield running


@pytest.fixture(scope="package")
def llm() -> Iterator[Model]:
    with model() as listening:
        yield listening


@pytest.fixture(scope="package")
def package(path: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(tmp_path_factory.mktemp("package"), path)


@pytest.fixture(scope="package")
def alice(mesh: Mesh) -> Agent:
    """The agent of the host's owner; its daemon is the plugin's business."""
    agent = mesh.newcomer("alice")
    agent.up("--name", "alice")
    agent.down()
    return agent


@pytest.fixture(scope="package")
def host(
    path: str,
    mesh: Mesh,
    llm: Model,
    package: Path,
    alice: Agent,
    tmp_path_factory: pytest.TempPathFactory,
) -> Host:
    environment = {**mesh.environment, "AGENTMESH_HOME": str(alice.home)}
    openclaw = Host(tmp_path_factory.mktemp("openclaw"), path, environment)
    openclaw.install(package)
    openclaw.set_up(llm.url)
    return openclaw
