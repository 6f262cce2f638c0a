"""The command `bugreport`: what helps somebody to help, and nothing that is private.

No content, no names, no keys. Each part is made of fields that are named here, never of whole
documents, so that what is added elsewhere does not end up in a report by itself.
"""

import os
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import msgspec

from agentmesh import __version__
from agentmesh.cli import programs
from agentmesh.cli.checkup import doctor
from agentmesh.cli.checkup.redaction import Redaction
from agentmesh.cli.desk import Desk, command, note
from agentmesh.cli.watching import last_lines
from agentmesh.control import calls
from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.observability.catalogue import KNOWN
from agentmesh.observability.world import SystemClock
from agentmesh.protocol.times import to_text

LOG_LINES = 300
AUDIT_RECORDS = 1000
FACTS_SECONDS = 20.0
_PACKAGES = (
    "aiohttp", "click", "cryptography", "doubleratchet", "keyring", "msgspec", "picows", "pynacl",
    "uvloop",
)  # fmt: skip
_POLICY = (
    "consent", "accept_tiers", "min_reputation", "strict_mode", "max_concurrent_sessions",
    "rate_limit", "store_transcripts", "auto_reject_when_offline", "validation_mode",
    "default_autonomy",
)  # fmt: skip
_POLICY_LISTS = ("accepted_intents", "rejected_intents", "blocklist", "allowlist")
_CONFIG = ("key_storage", "publish_presence", "private_relays")
_PLACES = ("keys", "logs", "transcripts", "run")
_FILES = ("agentmesh.db", "agentmesh.db-wal", "config.json", "policy.json")

Part = Callable[[Desk, Redaction], Any]


@command("bugreport")
@click.option("--output", type=click.Path(path_type=Path), help="Where to write it; a new file.")
@click.option("--with-ids", is_flag=True, help="Leave AMIDs and ids of sessions as they are.")
@click.option("--yes", is_flag=True, help="Write it without asking.")
def bugreport(desk: Desk, *, output: Path | None, with_ids: bool, yes: bool) -> None:
    """Collect what a bug report needs, show what it is, and write it into a file.

    No content, no names, no keys; peers and addresses have stand-ins. Nothing is sent anywhere.
    """
    redaction = Redaction(with_ids=with_ids)
    report = {name: make(desk, redaction) for name, (_, make) in PARTS.items()}
    for name, (meaning, _) in PARTS.items():
        note(f"{name:<10} {len(msgspec.json.encode(report[name])):>7} bytes  {meaning}")
    path = output or Path.cwd() / f"agentmesh-bugreport-{_stamp()}.json"
    if not yes and not _agreed(path):
        raise click.Abort
    text = msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
    _write(path, text)
    keys = {"path": str(path), "bytes": len(text), "parts": list(PARTS)}
    desk.answer(keys, f"Written to {path}. Look at it before you pass it on.")


def _versions(_: Desk, __: Redaction) -> dict[str, Any]:
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return {
        "agentmesh": __version__,
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
        "packages": found,
        "made_at": to_text(SystemClock().now()),
    }


def _settings(desk: Desk, redaction: Redaction) -> dict[str, Any]:
    try:
        said = msgspec.json.decode((desk.home / "config.json").read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        said = {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {"config": "unreadable"}
    services = {
        name: redaction.service(said[name])
        for name in ("relay", "registry")
        if isinstance(said.get(name), str)
    }
    plain = {name: said[name] for name in _CONFIG if isinstance(said.get(name), bool)}
    storage = said.get("key_storage")
    if isinstance(storage, str) and storage in {"auto", "keyring", "passphrase", "file"}:
        plain["key_storage"] = storage
    variables = sorted(it for it in desk.environment if it.startswith("AGENTMESH_"))
    has = {"has_name": bool(said.get("name")), "capabilities": _count(said.get("capabilities"))}
    return {**services, **plain, **has, "environment": [it for it in variables if it.isascii()]}


def _policy(desk: Desk, _: Redaction) -> dict[str, Any]:
    try:
        with desk.client() as client:
            policy = client.call(calls.PolicyGet()).policy
    except AgentMeshError as error:
        return {"unavailable": error.code}
    lists = {name: _count(policy.get(name)) for name in _POLICY_LISTS}
    return {**{name: policy.get(name) for name in _POLICY}, "entries": lists}


def _state(desk: Desk, redaction: Redaction) -> dict[str, Any]:
    try:
        with desk.client() as client:
            now = client.call(calls.Status())
            talks = client.call(calls.Sessions(limit=1000)).sessions
    except AgentMeshError as error:
        return {"unavailable": error.code}
    return {
        "daemon": {"version": now.daemon.version, "uptime_seconds": now.daemon.uptime_seconds},
        "tier": now.tier,
        "relay": {"url": redaction.service(now.relay.url), "state": now.relay.state},
        "registry": {"url": redaction.service(now.registry.url), "state": now.registry.state},
        "sessions": Counter(it.state for it in talks),
        "unread": now.inbox.unread,
        "outbox": now.outbox.pending,
        "knocks": now.knocks.pending,
        "one_time_prekeys": now.prekeys.one_time,
        "paused": now.paused,
        "stopped": now.stopped,
    }


def _findings(desk: Desk, _: Redaction) -> list[dict[str, str]]:
    """Return what is wrong by its id: the sentences name places and people."""
    meanings = {it.id: it.meaning for it in KNOWN}
    return [
        {"id": it.id, "severity": it.severity, "meaning": meanings.get(it.id, "an error's code")}
        for it in doctor.findings(desk)
    ]


def _storage(desk: Desk, _: Redaction) -> dict[str, Any]:
    files = {name: _size(desk.home / name) for name in _FILES}
    places = {name: _content(desk.home / name) for name in _PLACES}
    return {"files": files, "places": places, "database": _database(desk)}


def _log(desk: Desk, redaction: Redaction) -> dict[str, Any]:
    lines = last_lines(desk.home / "logs" / "daemon.log", LOG_LINES)
    facts = [fact for fact in map(redaction.fact, lines) if fact is not None]
    return {"facts": facts, "left_out": len(lines) - len(facts)}


def _audit(desk: Desk, _: Redaction) -> dict[str, Any]:
    try:
        with desk.client() as client:
            records = client.call(calls.Logs(limit=AUDIT_RECORDS)).records
    except AgentMeshError as error:
        return {"unavailable": error.code}
    kinds = (str(it.get("event", "")) for it in records)
    return dict(Counter(it for it in kinds if it.isidentifier() and it.islower()))


PARTS: dict[str, tuple[str, Part]] = {
    "versions": ("of AgentMesh, Python, packages and the system", _versions),
    "settings": ("from config.json; services by a stand-in", _settings),
    "policy": ("its switches and figures; how long its lists are", _policy),
    "state": ("connections, and how much waits", _state),
    "findings": ("what doctor finds, by id", _findings),
    "storage": ("sizes of files, the database's format", _storage),
    "log": (f"the last {LOG_LINES} lines that are facts, with stand-ins for peers", _log),
    "audit": (f"how often what happened, of the last {AUDIT_RECORDS} records", _audit),
}
"""A part's name, what it is for people, and how it is made."""


def _database(desk: Desk) -> dict[str, Any]:
    try:
        said = programs.said_by(desk, "agentmesh.daemon.at_rest", ["--formats"], FACTS_SECONDS)
        return msgspec.json.decode(said, type=dict[str, int | None])
    except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError):
        return {}


def _count(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


def _size(path: Path) -> int | None:
    try:
        return path.lstat().st_size
    except OSError:
        return None


def _content(place: Path) -> dict[str, int]:
    try:
        sizes = [it.lstat().st_size for it in place.iterdir()]
    except OSError:
        return {}
    return {"files": len(sizes), "bytes": sum(sizes)}


def _agreed(path: Path) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "not_confirmed", "Nobody is here to be asked whether to write it.", "Add --yes."
        )
    return click.confirm(f"Write this to {path}?", err=True)


def _stamp() -> str:
    return "".join(it for it in to_text(SystemClock().now())[:19] if it.isdigit())


def _write(path: Path, text: bytes) -> None:
    """Put it into a new file, which only its owner can read."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(text)
    except FileExistsError:
        raise UsageError(
            "file_exists", f"{path} is there already.", "Name another file with --output."
        ) from None
    except OSError as error:
        raise UsageError("file_not_written", f"{path}: {error.strerror}.") from None
