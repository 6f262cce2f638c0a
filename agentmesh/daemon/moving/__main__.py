"""`python -m agentmesh.daemon.moving --from DIR`: moves a home of the 0.2 draft in.

`agentmesh import agentmesh-0.2` runs it, and gets a report. With `--dry-run` nothing is written.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.control import failures, places
from agentmesh.daemon.moving.arrival import check_free, lives_in, settle
from agentmesh.daemon.moving.draft import Draft, read
from agentmesh.errors import AgentMeshError
from agentmesh.identity.keys import Identity
from agentmesh.observability.logs import write_logs
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.storage.key_files import Means
from agentmesh.storage.key_passphrase import given_passphrase


def move(old: Path, home: Path, given: argparse.Namespace, means: Means) -> dict[str, Any]:
    """Move the old home in, and return the report."""
    draft = read(old)
    if given.new_keys:
        draft = msgspec.structs.replace(draft, seed=None, created_at=None)
    amid = str(Identity(draft.seed).amid) if draft.seed is not None else ""
    if amid and lives_in(home) == amid:
        return _report(draft, amid, is_dry=given.dry_run, was_done=True)
    check_free(home, old)
    if not given.dry_run:
        amid = str(settle(home, draft, means, given.key_storage).identity.amid)
    return _report(draft, amid, is_dry=given.dry_run, was_done=False)


def _report(draft: Draft, amid: str, *, is_dry: bool, was_done: bool) -> dict[str, Any]:
    return {
        "amid": amid,
        "dry_run": is_dry,
        "already_imported": was_done,
        "identity_imported": draft.seed is not None,
        "policy": draft.taken,
        "contacts": draft.contacts,
        "capabilities": draft.capabilities,
        "remarks": draft.remarks,
    }


def main() -> None:
    """Print the report, or what is wrong."""
    parser = argparse.ArgumentParser("agentmesh-moving")
    parser.add_argument("--from", dest="old", type=Path, required=True)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--new-keys", action="store_true")
    parser.add_argument(
        "--key-storage", choices=("auto", "keyring", "passphrase", "file"), default="auto"
    )
    given = parser.parse_args()
    os.umask(0o077)
    write_logs()
    means = Means(
        clock=SystemClock(), entropy=system_entropy, passphrase=given_passphrase(os.environ)
    )
    try:
        told = move(given.old, places.home(os.environ), given, means)
    except AgentMeshError as error:
        kind = failures.kind_of(error).word
        words = {"code": error.code, "message": error.message, "hint": error.hint, "kind": kind}
        told = {"error": words}
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")


if __name__ == "__main__":
    main()
