"""What the skill and the plugin's settings may say."""

import json
import re
from pathlib import Path
from typing import Any

from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.manifest import manifest

ROOT = Path(__file__).parents[3]
TOLD = manifest([])


def of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / name).read_text())
    return found


def test_settings_of_the_plugin_have_no_defaults() -> None:
    # Openclaw would write them down, and a later version could not take them away.
    settings = of("openclaw.plugin.json")["configSchema"]["properties"]
    assert not [name for name, setting in settings.items() if "default" in setting]


def test_the_skill_says_what_the_manifest_says() -> None:
    skill = (ROOT / "SKILL.md").read_text()
    _, head, body = skill.split("---\n", 2)
    assert f"name: {TOLD['name']}\n" in head
    assert f"description: {json.dumps(TOLD['description'])}\n" in head
    assert set(re.findall(r"mesh_\w+", body)) <= set(TOOLS)
    assert "http" not in skill  # nothing is fetched from anywhere
