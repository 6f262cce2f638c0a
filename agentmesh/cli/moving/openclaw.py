"""What openclaw-p2p wrote about its peers: `peers.json`, of version 0.2.5 and alike.

It is somebody else's file: sizes are bounded, links are not followed, what is odd is left out and
said. Its keys are of no use here, whoever they belong to.
"""

import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

from agentmesh.cli import render
from agentmesh.control import calls
from agentmesh.control.calls.moving import MAX_ACQUAINTANCES
from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.messages.strict_json import read_json

PEERS = "peers.json"
IDENTITY = "identity/private.pem"
MAX_BYTES = 4 * 1024 * 1024
MAX_ALIAS = 64
MAX_LINE = 280
MAX_ID = 100


class Read(NamedTuple):
    """Peers that can be kept, and in sentences what was left out or cut."""

    peers: list[calls.Introduced]
    remarks: list[str]
    has_identity: bool


def read(folder: Path) -> Read:
    """Return what can be kept of a `~/.p2p`, or say why nothing can."""
    if not folder.is_dir():
        raise UsageError(
            "nothing_to_import", f"There is no directory {folder}.", "Name the one that it used."
        )
    has_identity = (folder / IDENTITY).exists()
    path = folder / PEERS
    if not os.path.lexists(path):
        if has_identity:
            return Read([], ["There is no peers.json: nobody was known there."], has_identity)
        raise UsageError(
            "nothing_to_import",
            f"{folder} is not openclaw-p2p's.",
            "Name the directory that it used; it has peers.json in it.",
        )
    try:
        value = read_json(_bytes(path), MAX_BYTES)
    except RemoteProtocolError as error:
        raise _unreadable(path, error.message) from None
    if not isinstance(value, dict):
        raise _unreadable(path, "It is not an object of peers.")
    peers, remarks = _peers(value)
    return Read(peers, remarks, has_identity)


def _bytes(path: Path) -> bytes:
    """Return the file's content; a link, a pipe or something huge is none."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(path, f"{error.strerror}.") from None
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise _unreadable(path, "It is not a regular file.")
        with os.fdopen(file, "rb", closefd=False) as opened:
            return opened.read(MAX_BYTES + 1)  # one byte too many is refused by whoever reads it
    finally:
        os.close(file)


def _peers(value: dict[str, Any]) -> tuple[list[calls.Introduced], list[str]]:
    peers: dict[str, calls.Introduced] = {}
    remarks: list[str] = []
    for name, record in value.items():
        former_id = _line(name, MAX_ID)
        if not isinstance(record, dict) or not former_id or former_id != name:
            remarks.append(f"{former_id[:40] or 'A peer without a name'}: not a peer, left out.")
            continue
        peers[former_id] = _peer(former_id, record, remarks)
    if len(peers) > MAX_ACQUAINTANCES:
        raise UsageError(
            "too_many_peers",
            f"There are {len(peers)} peers; {MAX_ACQUAINTANCES} are taken at most.",
            "Remove those you do not need from peers.json, in a copy of it.",
        )
    return list(peers.values()), remarks


def _peer(former_id: str, record: dict[str, Any], remarks: list[str]) -> calls.Introduced:
    texts = {}
    for field, bound in (
        ("alias", MAX_ALIAS),
        ("description", MAX_LINE),
        ("scope_instructions", MAX_LINE),
    ):
        said = record.get(field, "")
        texts[field] = _line(said, bound) if isinstance(said, str) else ""
        if not isinstance(said, str):
            remarks.append(f"{former_id}: {field} is no text, left out.")
        elif len(said.strip()) > bound:
            remarks.append(f"{former_id}: {field} was cut to {bound} letters.")
    level = record.get("trust_level", 0)
    if isinstance(level, int) and level > 1:
        remarks.append(f"{former_id}: trust level {level} was not taken over; it will begin at 1.")
    return calls.Introduced(
        former_id=former_id,
        alias=texts["alias"],
        description=texts["description"],
        note=texts["scope_instructions"],
        approved=isinstance(level, int) and not isinstance(level, bool) and level > 0,
    )


def _line(text: str, bound: int) -> str:
    """Return a text on one line, without what a terminal would obey."""
    return render.clean(" ".join(text.split()))[:bound].strip()


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError("import_unreadable", f"{path} cannot be read: {why}", "Nothing was changed.")
