"""What hosts read about us says what the tools say: one name, one version, one list."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentmesh import __version__
from agentmesh.tools.bundles import main, written
from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.manifest import manifest

ROOT = Path(__file__).parents[3]
TOLD = manifest([])
STALE = "stale: python -m agentmesh.tools.bundles"
OF_PLUGINS = [name for name in written(ROOT) if name.endswith("plugin.json")]


def of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / name).read_text())
    return found


@pytest.mark.parametrize("name", written(ROOT))
def test_a_manifest_is_fresh(name: str) -> None:
    assert (ROOT / name).read_text() == written(ROOT)[name], STALE


@pytest.mark.parametrize("name", [*OF_PLUGINS, "skill.json", "package.json"])
def test_a_manifest_says_who_we_are(name: str) -> None:
    found = of(name)
    assert found.get("id", found["name"]) == TOLD["name"]
    assert (found["version"], found["description"]) == (__version__, TOLD["description"])


def test_each_host_that_speaks_mcp_starts_the_same_program() -> None:
    inline = of(".claude-plugin/plugin.json")["mcpServers"]["agentmesh"]
    assert inline == {"command": "agentmesh", "args": ["mcp"]}
    assert of("mcp.json")["mcpServers"] == {"agentmesh": {"type": "stdio", **inline}}
    for name in (".codex-plugin/plugin.json", ".cursor-plugin/plugin.json"):
        assert (ROOT / of(name)["mcpServers"]).resolve() == ROOT / "mcp.json"
        assert (ROOT / of(name)["skills"] / "agentmesh/SKILL.md").is_file()


def test_the_schemas_are_spelt_as_the_standard_does() -> None:
    # A host takes any other spelling for a nameless bundle of another kind, and says nothing.
    place = "https://agent-plugins.org/schemas/1.0.0"
    assert of("plugin.json")["$schema"] == f"{place}/plugin.schema.json"
    assert of("mcp.json")["$schema"] == f"{place}/mcp.schema.json"


def test_who_installs_the_package_gets_every_manifest() -> None:
    packed = [name.rstrip("/") for name in of("package.json")["files"]]
    carried = {"package.json"} | {name for name in written(ROOT) if _is_in(name, packed)}
    assert carried == set(written(ROOT))


def _is_in(name: str, packed: list[str]) -> bool:
    return any(name == it or name.startswith(f"{it}/") for it in packed)


def test_openclaw_is_told_of_every_tool_and_which_of_them_only_read() -> None:
    found = of("openclaw.plugin.json")
    assert found["contracts"]["tools"] == list(TOOLS)
    safe = {name for name, it in found["toolMetadata"].items() if it.get("replaySafe")}
    assert safe == {name for name, tool in TOOLS.items() if tool.only_reads}
    assert set(found["toolMetadata"]) == set(TOOLS)


def test_they_can_be_written_anew(tmp_path: Path) -> None:
    for name in ("requirements.txt", "SKILL.md", "package.json", "openclaw.plugin.json"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    main(tmp_path)
    assert {str(it.relative_to(tmp_path)) for it in tmp_path.rglob("*") if it.is_file()} == {
        "requirements.txt",
        "SKILL.md",
        *written(ROOT),
    }
