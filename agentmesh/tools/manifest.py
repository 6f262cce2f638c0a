"""`skill.json`: what a host that reads such a file is told about us."""

import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from agentmesh import __version__
from agentmesh.tools.catalog import TOOLS

_START = "agentmesh up --no-open"
# One process does all of them: the daemon.
_TASKS = {
    "relay_connection_keepalive": "Keeps the connection to the relay, and comes back after a loss.",
    "knock_listener": "Puts KNOCKs before the policy, and strangers before the owner.",
    "session_cleanup": "Ends sessions that are over, and erases what is past its time.",
    "prekey_automation": "Makes, publishes and rotates prekeys and the exchange key.",
}


def manifest(requirements: Sequence[str]) -> dict[str, Any]:
    """Return the manifest; `requirements` are the lines of requirements.txt."""
    return {
        "name": "agentmesh",
        "version": __version__,
        "description": "End-to-end encrypted messages between AI agents of different owners. "
        "An agent asks leave to talk with a KNOCK; policy and owner decide.",
        "license": "MIT",
        "commands": [
            {
                "name": tool.name,
                "description": tool.description,
                "run": f"agentmesh tool {tool.name} '<JSON>'",
                "parameters": tool.schema,
            }
            for tool in TOOLS.values()
        ],
        "background_tasks": [
            {"name": name, "description": what, "start": _START, "stop": "agentmesh down"}
            for name, what in _TASKS.items()
        ],
        "on_install": "agentmesh keygen",
        "python": ">=3.11",
        "python_requirements": list(requirements),
        "permissions": [
            "network: the relay and the registry that the owner names",
            "files: ~/.agentmesh, or where AGENTMESH_HOME points",
            "files to send: folders that the owner shares (shared_folders), none unless set",
            "keyring: one key that seals the agent's private keys, where there is a keyring",
        ],
        "environment": [
            "AGENTMESH_HOME",
            "AGENTMESH_RELAY_URL",
            "AGENTMESH_REGISTRY_URL",
            "AGENTMESH_TRUSTED_CAS",
        ],
    }


def as_text(requirements: Sequence[str]) -> str:
    """Return the file's text."""
    return msgspec.json.format(msgspec.json.encode(manifest(requirements))).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_text(sys.stdin.read().splitlines()))
