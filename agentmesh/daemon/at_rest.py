"""What can be seen of a home whose daemon does not run: `python -m agentmesh.daemon.at_rest`.

`agentmesh doctor` asks it, and gets a JSON list of findings. Nothing is changed, no key is opened.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agentmesh.control import places
from agentmesh.daemon import config as configuration
from agentmesh.daemon import prudence
from agentmesh.daemon.assemble import DATABASE, KEYS, POLICY
from agentmesh.daemon.policy_file import contents
from agentmesh.errors import AgentMeshError
from agentmesh.observability.findings import Finding
from agentmesh.policy import settings
from agentmesh.storage.database_check import check_database, formats
from agentmesh.storage.key_checks import check_keyring, check_keys
from agentmesh.storage.key_keyring import Keyring, SystemKeyring


def findings(home: Path, environment: Mapping[str, str], keyring: Keyring) -> list[Finding]:
    """Return what is not as it should be."""
    return [
        *_config(home, environment),
        *_policy(home / POLICY),
        *check_keys(home / KEYS),
        *check_keyring(home / KEYS, keyring),
        *check_database(home / DATABASE),
    ]


def _config(home: Path, environment: Mapping[str, str]) -> list[Finding]:
    try:
        config = configuration.read(home, environment, {})
    except AgentMeshError as error:
        fix = error.hint or f"Correct {home / configuration.CONFIG} by hand."
        return [Finding("config_refused", "error", error.message, fix)]
    return prudence.of_settings(config.settings)


def _policy(path: Path) -> list[Finding]:
    try:
        return prudence.of_policy(settings.read(contents(path)))
    except AgentMeshError as error:
        fix = error.hint or f"Correct {path} by hand."
        return [Finding("policy_refused", "error", error.message, fix)]
    except OSError:
        return []  # without a file, the defaults hold


def main() -> None:
    """Print the findings of this user's home; with `--formats` those of its database."""
    home = places.home(os.environ)
    found: object = (
        formats(home / DATABASE)
        if "--formats" in sys.argv
        else findings(home, os.environ, SystemKeyring())
    )
    sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")


if __name__ == "__main__":
    main()
