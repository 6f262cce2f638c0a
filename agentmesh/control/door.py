"""What every door of the daemon, socket and dashboard alike, does first.

Is there such a call, may this caller make it, is it well made?
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from agentmesh.control.calls import Permit, Request
from agentmesh.control.table import REQUESTS, CallType
from agentmesh.errors import NotPermitted, UsageError
from agentmesh.protocol import limits


def decode(
    name: str,
    params: bytes | msgspec.Raw,
    permit: Permit,
    table: Mapping[str, CallType] = REQUESTS,
) -> Request[Any]:
    """Return the request in `params`, or say why there is none."""
    row = table.get(name)
    if row is None:
        raise UsageError("unknown_call", f"There is no call {name[:60]!r}.")
    if row.permit == "owner" and permit != "owner":
        raise NotPermitted(
            "owner_only",
            f"{name} is for the owner.",
            f"The owner can use it: `agentmesh {command_of(name)}`.",
        )
    try:
        request: Request[Any] = msgspec.json.decode(params, type=row.request)
    except msgspec.ValidationError as error:
        raise UsageError("invalid_argument", f"{name}: {_in_words(str(error))}.") from None
    except (ValueError, RecursionError):
        raise UsageError("invalid_argument", f"The arguments of {name} are not JSON.") from None
    text = bytes(params)
    # Most calls have too few brackets to be deep.
    may_be_deep = text.count(b"{") + text.count(b"[") > limits.MAX_JSON_DEPTH
    if may_be_deep and _depth(request) > limits.MAX_JSON_DEPTH:
        raise UsageError("invalid_argument", f"The arguments of {name} are nested too deeply.")
    return request


_COMMANDS = {
    "owner.providers": "verify-me",
    "owner.begin": "verify-me",
    "owner.prove": "verify-me",
    "reputation.rate": "rate",
    "registry.show": "registry",
    "dashboard.open": "dashboard",
    "dashboard.close": "dashboard --close",
    "sessions.history": "dashboard",
    "settings": "dashboard",
    "figures": "dashboard",
    "qr": "dashboard",
    "policy.replace": "dashboard",
    "wake": "up",
    "stop": "down",
    "examine": "doctor",
    "probe": "netcheck",
    "invites.make": "invite",
    "introductions.list": "contacts introductions",
    "transcripts.read": "transcripts show",
    "transcripts.warm": "transcripts search",
    "audit.seal": "audit export",
    "receipts.list": "receipt list",
    "receipts.show": "receipt show",
    "acquaintances.add": "import p2p",
    "acquaintances.list": "import list",
    "acquaintances.bind": "import bind",
}
"""Where an owner's command is not called as its call is."""


def command_of(name: str) -> str:
    """Return what an owner types for a call."""
    return _COMMANDS.get(name) or name.replace(".", " ").replace("_", "-")


_BOUND = re.compile(r"Expected `(str|int|float)`(?: of length)? ([<>]=) ([0-9.]+) - at `\$\.(\w+)`")
_WORDS = {"<=": "at most", ">=": "at least"}


def _in_words(problem: str) -> str:
    """Return what does not fit a request, for people where it is a bound."""
    found = _BOUND.fullmatch(problem)
    if found is None:
        return problem
    kind, way, bound, field = found.groups()
    if (kind, way, bound) == ("str", ">=", "1"):
        return f"`{field}` is empty"
    if kind == "str":
        return f"`{field}` has {_WORDS[way]} {bound} letters"
    return f"`{field}` is {_WORDS[way]} {bound}"


def _depth(request: Request[Any]) -> int:
    level: list[Any] = [getattr(request, field) for field in request.__struct_fields__]
    depth = 0
    while level := [it for it in level if isinstance(it, dict | list)]:
        depth += 1
        if depth > limits.MAX_JSON_DEPTH:
            break
        level = [it for outer in level for it in _inside(outer)]
    return depth


def _inside(outer: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer
