"""The plugin comes, is replaced by its next version, and goes; the agent stays who it is."""

import json
import shutil
import urllib.error
from pathlib import Path

import pytest

from tests.openclaw.host import Host, packed
from tests.support.mesh import Agent, eventually

pytestmark = pytest.mark.timeout(1500)

NEXT = "99.0.0"
PATIENCE = 240.0


@pytest.fixture(scope="module")
def next_version(package: Path, path: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What npm packs of the next version."""
    folder = tmp_path_factory.mktemp("next")
    tree = shutil.copytree(package, folder / "package")
    for name in ("package.json", "openclaw.plugin.json", "skill.json"):
        told = json.loads((tree / name).read_text())
        (tree / name).write_text(json.dumps({**told, "version": NEXT}))
    return packed(tmp_path_factory.mktemp("packed"), path, tree)


def _version(host: Host) -> str:
    found: str = json.loads(host.run("plugins", "inspect", "agentmesh", "--json"))["plugin"][
        "version"
    ]
    return found


def _answers(host: Host) -> bool:
    try:
        return bool(host.invoke("mesh_status")["ok"])
    except urllib.error.HTTPError:
        return False


def test_the_next_version_takes_its_place_while_the_gateway_runs(
    host: Host, alice: Agent, next_version: Path
) -> None:
    alice.up()
    before = alice.status()["daemon"]["pid"]
    with host.gateway():
        assert host.invoke("mesh_status")["daemon"]["pid"] == before
        host.install(next_version)
        assert _version(host) == NEXT
        eventually(lambda: _answers(host), PATIENCE)
        assert host.invoke("mesh_status")["amid"] == alice.amid
        host.run("plugins", "disable", "agentmesh")
        eventually(lambda: not _answers(host), PATIENCE)
        host.run("plugins", "enable", "agentmesh", "--accept-capabilities")
        eventually(lambda: _answers(host), PATIENCE)
    with host.gateway():
        assert host.invoke("mesh_status")["amid"] == alice.amid
    assert alice.status()["daemon"]["pid"] == before
    alice.down()


def test_an_uninstallation_leaves_the_agent_as_it_is(host: Host, alice: Agent) -> None:
    host.run("plugins", "uninstall", "agentmesh", "--force")
    assert alice.up()["amid"] == alice.amid
    assert alice.ask("policy", "get")["policy"]
    alice.down()


def test_without_its_own_manifest_openclaw_takes_it_for_what_others_read(
    host: Host, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bundle") / "agentmesh"
    shutil.copytree(package / "skills", folder / "skills")
    for name in ("plugin.json", "mcp.json"):
        shutil.copy(package / name, folder)
    host.install(folder)
    found = json.loads(host.run("plugins", "inspect", "agentmesh", "--json"))["plugin"]
    assert (found["format"], found["bundleFormat"]) == ("bundle", "agent")
    assert {"skills", "mcpServers"} <= set(found["bundleCapabilities"])
    host.run("plugins", "uninstall", "agentmesh", "--force")
