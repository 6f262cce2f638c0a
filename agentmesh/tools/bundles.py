"""What each host reads about us: one name, one version, one list of tools, in the form it expects.

`python -m agentmesh.tools.bundles` in the project's folder writes them all.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.manifest import as_text, manifest

AGENT_PLUGINS = "https://agent-plugins.org/schemas/1.0.0"
"""Spelt otherwise, a host takes the file for a nameless bundle of another kind."""
SERVERS: dict[str, Any] = {"agentmesh": {"command": "agentmesh", "args": ["mcp"]}}
"""A program of the PATH: a plugin brings none, and its environment says nothing about a home."""
TITLE = "AgentMesh"
PROFILES = ["coding", "messaging"]

SKILL, SKILL_OF_PLUGIN = "SKILL.md", "skills/agentmesh/SKILL.md"


def written(root: Path) -> dict[str, str]:
    """Return the text of each file, by its path in the project; `root` is where they lie."""
    requirements = (root / "requirements.txt").read_text().splitlines()
    documents = {
        "package.json": _known(root / "package.json", _who()),
        "openclaw.plugin.json": _known(
            root / "openclaw.plugin.json", {**_who(), **_openclaw(), "name": TITLE}
        ),
        "plugin.json": {"$schema": f"{AGENT_PLUGINS}/plugin.schema.json", **_who(), **_more()},
        "mcp.json": {"$schema": f"{AGENT_PLUGINS}/mcp.schema.json", "mcpServers": _stdio()},
        ".claude-plugin/plugin.json": {**_who(), **_more(), "mcpServers": SERVERS},
        ".claude-plugin/marketplace.json": _marketplace(),
        ".codex-plugin/plugin.json": {**_who(), **_more(), **_pointing()},
        ".cursor-plugin/plugin.json": {**_who(), **_more(), **_pointing()},
    }
    texts = {name: _text(document) for name, document in documents.items()}
    skill = (root / SKILL).read_text()
    return {"skill.json": as_text(requirements), SKILL_OF_PLUGIN: skill, **texts}


def _who() -> dict[str, Any]:
    told = manifest([])
    return {field: told[field] for field in ("name", "version", "description")}


def _more() -> dict[str, Any]:
    return {"license": manifest([])["license"], **_words()}


def _words() -> dict[str, Any]:
    return {"author": {"name": TITLE}, "keywords": ["messaging", "encryption", "mcp"]}


def _pointing() -> dict[str, Any]:
    return {"skills": "./skills/", "mcpServers": "./mcp.json"}


def _stdio() -> dict[str, Any]:
    return {name: {"type": "stdio", **server} for name, server in SERVERS.items()}


def _marketplace() -> dict[str, Any]:
    who = _who()
    plugin = {**who, "source": "./"}
    owner = {"owner": {"name": TITLE}, "description": who["description"]}
    return {"name": who["name"], **owner, "plugins": [plugin]}


def _openclaw() -> dict[str, Any]:
    """Return what openclaw is told of the tools."""
    told = {
        name: {"profiles": PROFILES, "replaySafe" if tool.only_reads else "sideEffecting": True}
        for name, tool in TOOLS.items()
    }
    return {"contracts": {"tools": list(TOOLS)}, "toolMetadata": told}


def _known(path: Path, ours: dict[str, Any]) -> dict[str, Any]:
    """Return a document of more than our facts with our facts in it."""
    document: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return {**document, **ours}


def _text(document: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def main(root: Path) -> None:
    """Write the files."""
    for name, text in written(root).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


if __name__ == "__main__":
    main(Path.cwd())
    sys.stdout.write("The manifests are written.\n")
