"""What hosts read about us says what the tools say: one name, one version, one list."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.manifest import manifest

ROOT = Path(__file__).parents[3]
TOLD = manifest([])


def of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / name).read_text())
    return found


@pytest.mark.parametrize("name", ["skill.json", "package.json", "openclaw.plugin.json"])
def test_a_manifest_says_who_we_are(name: str) -> None:
    found = of(name)
    assert found.get("id", found["name"]) == TOLD["name"]
    assert (found["version"], found["description"]) == (TOLD["version"], TOLD["description"])


def test_openclaw_is_told_of_every_tool_and_which_of_them_only_read() -> None:
    found = of("openclaw.plugin.json")
    assert found["contracts"]["tools"] == list(TOOLS)
    safe = {name for name, it in found["toolMetadata"].items() if it.get("replaySafe")}
    assert safe == {name for name, tool in TOOLS.items() if tool.only_reads}
    assert set(found["toolMetadata"]) == set(TOOLS)


def test_settings_of_the_plugin_have_no_defaults() -> None:
    # Openclaw would write them down, and a later version could not take them away.
    settings = of("openclaw.plugin.json")["configSchema"]["properties"]
    assert not [name for name, setting in settings.items() if "default" in setting]


def test_the_skill_is_the_same_in_both_places_and_says_what_the_manifest_says() -> None:
    skill = (ROOT / "SKILL.md").read_text()
    assert (ROOT / "skills/agentmesh/SKILL.md").read_text() == skill
    _, head, body = skill.split("---\n", 2)
    assert f"name: {TOLD['name']}\n" in head
    assert f"description: {json.dumps(TOLD['description'])}\n" in head
    assert set(re.findall(r"mesh_\w+", body)) <= set(TOOLS)
    assert "http" not in skill  # nothing is fetched from anywhere
