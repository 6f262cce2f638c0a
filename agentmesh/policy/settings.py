"""Reading and changing policy.json. A mistake is named with its place; nothing is half taken."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import msgspec

from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.messages.strict_json import Json, read_json
from agentmesh.policy.document import MIN_TIER, NEVER_DELEGATED, FileRules, Policy, Section
from agentmesh.policy.scrubber import compiled
from agentmesh.policy.sharing import is_folder
from agentmesh.policy.ways import is_private_way
from agentmesh.protocol import tiers
from agentmesh.protocol.ids import parse_amid

A_LIST = """Write a list, in quotes for your shell: '["first", "second"]'"""
MAX_DOCUMENT = 4 * 1024 * 1024

_INTENT = re.compile(r"[a-z0-9_.-]+(/[a-z0-9_.-]+){0,3}")
_FILE_TYPE = re.compile(r"[a-z0-9][a-z0-9_+-]*|[a-z0-9][a-z0-9_.+-]*/([a-z0-9][a-z0-9_.+-]*|\*)")
_FIELD = re.compile(r" - at `\$\.?(.*)`$")


def read(text: bytes) -> Policy:
    """Return the policy in a JSON text, or a `UsageError` which says what is wrong and where."""
    try:
        value = read_json(text, MAX_DOCUMENT)
    except AgentMeshError as error:
        raise UsageError("policy_malformed", f"policy.json: {error.message}") from None
    return from_value(value)


def write(policy: Policy) -> bytes:
    """Return the policy as JSON for people: every field, sets in order."""
    compact = msgspec.json.encode(policy, order="deterministic")
    return msgspec.json.format(compact, indent=2) + b"\n"


def from_value(value: Json) -> Policy:
    """Return the policy in a parsed JSON value."""
    if not isinstance(value, dict):
        raise _wrong("", "a policy is a JSON object")
    _refuse_unknown(value, Policy, "")
    try:
        policy = msgspec.convert(_without_shorthand(value), Policy)
    except msgspec.ValidationError as error:
        place = _FIELD.search(str(error))
        what = _FIELD.sub("", str(error))
        key = place[1] if place else ""
        hint = A_LIST if "expected `array`" in what.lower() else _choices(key)
        raise _wrong(key, what[:1].lower() + what[1:], hint) from None
    return _checked(policy)


def get(policy: Policy, key: str = "") -> Any:
    """Return the part that a dotted key names, or all, as a JSON value."""
    value: Any = _as_json(policy)
    for part, known in _steps(key):
        value = value[_known(part, known, key)]
    return value


def put(policy: Policy, key: str, value: Json) -> Policy:
    """Return the policy with one field changed, or say why that cannot be."""
    whole = _as_json(policy)
    if key == MIN_TIER:
        del whole["accept_tiers"]
        return from_value({**whole, MIN_TIER: value})
    get(policy, key)
    *sections, name = key.split(".")
    inside = whole
    for section in sections:
        inside = inside[section]
    inside[name] = value
    return from_value(whole)


def _choices(key: str) -> str:
    """Return which words a setting takes, where it takes no others."""
    kind: Any = Policy
    for part, known in _steps(key.partition("[")[0]):
        kind = known[part]
    info = msgspec.inspect.type_info(kind)
    parts = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
    literals = [it for it in parts if isinstance(it, msgspec.inspect.LiteralType)]
    words = sorted(str(value) for it in literals for value in it.values)
    return f"It is one of {', '.join(words)}." if words else ""


def _as_json(policy: Policy) -> dict[str, Any]:
    whole: dict[str, Any] = msgspec.json.decode(write(policy))
    return whole


# --- names --------------------------------------------------------------------------------------


def _fields(section: type[Section]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(section)}


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def _steps(key: str) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield each part of a dotted key with the fields there are at its place."""
    known = _fields(Policy)
    for part in key.split(".") if key else ():
        yield part, known
        known = _fields(known[part]) if _is_section(known[part]) else {}


def _refuse_unknown(value: dict[str, Json], section: type[Section], inside: str) -> None:
    known = _fields(section)
    allowed = [*known, MIN_TIER] if section is Policy else [*known]
    for name, item in value.items():
        _known(name, allowed, inside + name)
        if isinstance(item, dict) and _is_section(known.get(name)):
            _refuse_unknown(item, known[name], f"{inside}{name}.")


def _known(name: str, known: Iterable[str], path: str) -> str:
    if name in known:
        return name
    nearest = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    hint = f"Did you mean `{nearest[0]}`?" if nearest else "`agentmesh policy get` lists them all."
    raise UsageError("unknown_setting", f"There is no setting {path[:100]!r}.", hint)


# --- meaning ------------------------------------------------------------------------------------


def _without_shorthand(value: dict[str, Json]) -> dict[str, Json]:
    if MIN_TIER not in value:
        return value
    if "accept_tiers" in value:
        raise _wrong(MIN_TIER, "give `accept_tiers` or `min_tier`, not both")
    least = value[MIN_TIER]
    if isinstance(least, bool) or not isinstance(least, int | float) or not tiers.is_tier(least):
        raise _wrong(MIN_TIER, "there are the tiers 2, 1 and 1.5")
    rest: dict[str, Json] = {name: item for name, item in value.items() if name != MIN_TIER}
    return {**rest, "accept_tiers": [_plain(tier) for tier in sorted(tiers.at_least(least))]}


def _plain(tier: float) -> int | float:
    return int(tier) if tier == int(tier) else tier


def _checked(policy: Policy) -> Policy:
    """Return the policy with its names in their usual form, if they mean something."""
    if not all(tiers.is_tier(tier) for tier in policy.accept_tiers):
        raise _wrong("accept_tiers", "there are the tiers 2, 1 and 1.5")
    for pattern in policy.scrubber_patterns:
        try:
            compiled([pattern])
        except ValueError as error:
            raise _wrong("scrubber_patterns", f"{pattern!r}: {error}") from None
    for folder in policy.shared_folders:
        if not is_folder(folder):
            raise _wrong("shared_folders", f"{folder!r} is no absolute path of a folder")
    for field in ("webhook", "ntfy"):
        _check_url(f"notify_owner.{field}", getattr(policy.notify_owner, field))
    for key in sorted(policy.delegated_keys):
        get(policy, key)
        if key.split(".")[0] in NEVER_DELEGATED:
            raise _wrong("delegated_keys", f"`{key}` stays with the owner")
    return msgspec.structs.replace(
        policy,
        files=_file_rules(policy.files),
        accept_tiers=frozenset(map(_plain, policy.accept_tiers)),
        blocklist=_amids("blocklist", policy.blocklist),
        allowlist=_amids("allowlist", policy.allowlist),
        accepted_intents=_intents("accepted_intents", policy.accepted_intents),
        rejected_intents=_intents("rejected_intents", policy.rejected_intents),
    )


def _check_url(field: str, url: str) -> None:
    """Refuse what would tell others: no way but https leaves this machine."""
    if url and not is_private_way(url):
        raise _wrong(field, "give an https URL; http is for this machine alone")


def _file_rules(rules: FileRules) -> FileRules:
    return msgspec.structs.replace(
        rules,
        allow_types=_file_types("files.allow_types", rules.allow_types),
        deny_types=_file_types("files.deny_types", rules.deny_types),
    )


def _file_types(field: str, texts: frozenset[str]) -> frozenset[str]:
    names = frozenset(text.casefold().removeprefix(".") for text in texts)
    for name in sorted(names):
        if not _FILE_TYPE.fullmatch(name):
            raise _wrong(field, f"{name!r} is no type", "Write `pdf`, `image/png` or `image/*`.")
    return names


def _amids(field: str, texts: frozenset[Any]) -> frozenset[Any]:
    try:
        return frozenset(map(parse_amid, texts))
    except UsageError as error:
        raise _wrong(field, error.message.rstrip("."), error.hint) from None


def _intents(field: str, texts: frozenset[str]) -> frozenset[str]:
    names = frozenset(text.casefold() for text in texts)
    for name in sorted(names):
        if not _INTENT.fullmatch(name):
            raise _wrong(field, f"{name!r} is no intent", "Write `travel` or `travel/flights`.")
    return names


def _wrong(place: str, what: str, hint: str = "") -> UsageError:
    return UsageError("invalid_setting", f"{place}: {what}." if place else f"{what}.", hint)
