"""A home of the 0.2 draft: what is in it, and what of it means something here.

`keys/identity.json` has the private keys in the clear; `policy.json` has our names; who was let in
without a question stands in its allowlist. Everything is read within bounds, and nothing is trusted
because it lies there: the AMID has to follow from the key, each setting has to be one of ours.
"""

import base64
import binascii
import os
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError, IntegrityError, RemoteProtocolError, UsageError
from agentmesh.identity.keys import SIGNING, Identity
from agentmesh.messages.strict_json import Json, read_json
from agentmesh.policy import settings
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_CAPABILITIES

MAX_BYTES = 4 * 1024 * 1024
MAX_CONTACTS = 1000
_LISTS = ("accepted_intents", "rejected_intents", "blocklist", "allowlist", "accept_tiers")
_SECTIONS = {
    "rate_limit": {"knocks_per_minute", "messages_per_minute"},
    "notify_owner": {
        "on_knock_from_unknown",
        "on_high_value_transaction",
        "on_error",
        "threshold_usd",
    },
}
_FIELDS = {
    *_LISTS, "min_reputation", "strict_mode", "max_concurrent_sessions", "store_transcripts",
    "auto_reject_when_offline",
}  # fmt: skip
"""What 0.2 had. Nothing else is taken from its file, whoever wrote it: a policy runs commands."""
_LEFT = {
    "sessions": "Sessions were left behind: peers knock once.",
    "session_cache.json": "Cached sessions were left behind: peers knock once.",
    "transcripts": "Transcripts were left behind.",
    "logs": "The old audit log was left behind: nothing in it is chained.",
    "prekeys": "Prekeys were left behind; fresh ones are made.",
}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What was found and can be used, and in sentences what cannot."""

    seed: Secret | None
    created_at: float | None
    policy: Policy
    taken: list[str]
    contacts: list[Amid]
    capabilities: list[str]
    remarks: list[str]


def read(folder: Path) -> Draft:
    """Return what a home of 0.2 holds, or say why it is none."""
    identity = _document(folder / "keys" / "identity.json")
    if identity is None or "signing_private_key" not in identity:
        raise UsageError(
            "nothing_to_import",
            f"{folder} is no home of AgentMesh 0.2: keys/identity.json has no private key.",
            "Name the directory that 0.2 used, usually ~/.agentmesh",
        )
    remarks: list[str] = []
    said = _document(folder / "policy.json") or {}
    policy, taken = _policy(said, remarks)
    config = _document(folder / "config.json") or {}
    remarks += [word for name, word in _LEFT.items() if (folder / name).exists()]
    if {"relay_url", "registry_url"} & set(config):
        remarks.append("Relay and registry of 0.2 were not taken over: they speak another wire.")
    return Draft(
        seed=_seed(identity),
        created_at=_time(identity.get("created_at")),
        policy=policy,
        taken=taken,
        contacts=sorted(policy.allowlist - policy.blocklist)[:MAX_CONTACTS],
        capabilities=_capabilities(config.get("capabilities")),
        remarks=remarks,
    )


def _document(path: Path) -> dict[str, Json] | None:
    """Return a JSON object; None if there is no such file."""
    if not os.path.lexists(path):
        return None
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(path, f"{error.strerror}.") from None
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise _unreadable(path, "It is not a regular file.")
        with os.fdopen(file, "rb", closefd=False) as opened:
            data = opened.read(MAX_BYTES + 1)
    finally:
        os.close(file)
    try:
        value = read_json(data, MAX_BYTES)
    except RemoteProtocolError as error:
        raise _unreadable(path, error.message) from None
    if not isinstance(value, dict):
        raise _unreadable(path, "It is not an object.")
    return value


def _seed(identity: Mapping[str, Json]) -> Secret:
    """Return the signing key, if the AMID that stands beside it follows from it."""
    text = identity["signing_private_key"]
    try:
        raw = base64.b64decode(str(text).removeprefix(SIGNING), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise IntegrityError("key_malformed", "The private key of 0.2 is not one.")
    seed = Secret(raw)
    if Identity(seed).amid != identity.get("amid"):
        raise IntegrityError("identity_mismatch", "The AMID does not follow from the key.")
    return seed


def _policy(said: Mapping[str, Json], remarks: list[str]) -> tuple[Policy, list[str]]:
    """Return the policy, field by field: what is wrong with one field costs no other."""
    policy, taken = Policy(), list[str]()
    for key, value in _known(said, remarks):
        given = _good(policy, key, value, remarks) if key in _LISTS else value
        try:
            policy = settings.put(policy, key, given)
            taken.append(key)
        except (AgentMeshError, TypeError) as error:
            remarks.append(f"policy.json: {key} was left out: {error}")
    if policy.accepted_intents and not policy.strict_mode:
        remarks.append(
            "accepted_intents had no effect in 0.2 without strict_mode; here it always has:"
            " agentmesh policy set accepted_intents []"
        )
    return policy, taken


def _known(said: Mapping[str, Json], remarks: list[str]) -> Iterator[tuple[str, Json]]:
    """Yield what 0.2 knew, by its dotted name."""
    for name, value in said.items():
        inside = _SECTIONS.get(name, set())
        if name in _FIELDS:
            yield name, value
        elif inside and isinstance(value, dict):
            yield from ((f"{name}.{key}", it) for key, it in value.items() if key in inside)
        else:
            remarks.append(f"policy.json: {ascii(name)[1:60]} is nothing that 0.2 had, left out.")


def _good(policy: Policy, key: str, value: Json, remarks: list[str]) -> Json:
    """Return the entries of a list that mean something."""
    if not isinstance(value, list):
        return value
    good: list[Json] = []
    for entry in value:
        try:
            settings.put(policy, key, [entry])
            good.append(entry)
        except (AgentMeshError, TypeError):
            remarks.append(f"policy.json: {key}: {ascii(entry)[:60]} was left out.")
    return good


def _capabilities(value: Json) -> list[str]:
    if not isinstance(value, list):
        return []
    good = (it for it in value if isinstance(it, str) and 0 < len(it) <= 129 and it.isprintable())
    return list(dict.fromkeys(good))[:MAX_CAPABILITIES]


def _time(value: Json) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError("import_unreadable", f"{path} cannot be read: {why}", "Nothing was changed.")
