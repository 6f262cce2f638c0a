"""JSON-RPC 2.0 as MCP speaks it: what a line says, and the lines that answer it.

Two eras are spoken. Up to 2025-11-25 a connection begins with `initialize`; since 2026-07-28 each
request names its version in `_meta`, and every result says that it is `complete`.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

RequestId = Annotated[int, Meta(ge=-(2**53), le=2**53)] | Annotated[str, Meta(max_length=256)]

HANDSHAKE_VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
MODERN_VERSION = "2026-07-28"
VERSIONS = (MODERN_VERSION, *HANDSHAKE_VERSIONS)

PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
BUSY = -32000
NO_RESOURCE = -32002
UNSUPPORTED_VERSION = -32022

_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"
CONTEXT_KEY = "agentmesh/context"
DELIVER = "agentmesh/deliver"
"""Ours, for hosts that give each peer a session of its own. A model has a say in neither."""


BESIDE = {"tools/call", "resources/read", DELIVER}
"""What may take a while, and holds up nothing else."""


class Said(msgspec.Struct, frozen=True):
    """What a host says: a request; without an id a notification, without a method a reply."""

    jsonrpc: Literal["2.0"]
    id: RequestId | UnsetType = UNSET
    method: Annotated[str, Meta(max_length=128)] = ""
    params: dict[str, Any] | UnsetType = UNSET


class Fault(Exception):
    """Something is wrong with the request, by JSON-RPC's own codes."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.told: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            self.told["data"] = data


_decode = msgspec.json.Decoder(Said).decode
_encode = msgspec.json.Encoder().encode


def read(line: bytes) -> Said:
    """Return what a line says."""
    try:
        return _decode(line)
    except msgspec.ValidationError as error:
        raise Fault(INVALID_REQUEST, f"This is no JSON-RPC 2.0 message: {error}.") from None
    except (ValueError, RecursionError):
        raise Fault(PARSE_ERROR, "This line is not JSON.") from None


def version_named(params: dict[str, Any]) -> str:
    """Return the version that a request of the modern era names; empty in the older one."""
    meta = params.get("_meta")
    if not isinstance(meta, dict) or _VERSION_KEY not in meta:
        return ""
    version = meta[_VERSION_KEY]
    if not isinstance(version, str):
        raise Fault(INVALID_PARAMS, f"{_VERSION_KEY} is a string.")
    if version != MODERN_VERSION:
        raise unsupported(version)
    if not isinstance(meta.get(_CAPABILITIES_KEY), dict):
        raise Fault(INVALID_PARAMS, f"_meta lacks {_CAPABILITIES_KEY}.")
    return version


def context_named(params: dict[str, Any]) -> str:
    """Return the context token that a host hands on with a call; empty where it does not."""
    meta = params.get("_meta")
    context = meta.get(CONTEXT_KEY, "") if isinstance(meta, dict) else ""
    if not isinstance(context, str):
        raise Fault(INVALID_PARAMS, f"{CONTEXT_KEY} is a string.")
    return context


def progress_token(said: Said) -> RequestId | UnsetType:
    """Return what a host wants a call's progress told under, if it wants that."""
    params = {} if said.params is UNSET else said.params
    meta = params.get("_meta")
    token = meta.get("progressToken", UNSET) if isinstance(meta, dict) else UNSET
    return token if isinstance(token, int | str) and not isinstance(token, bool) else UNSET


def progress_line(token: RequestId, seconds: float) -> bytes:
    """Return the line that says how long a call has been at work."""
    told = {"progressToken": token, "progress": round(seconds, 3), "message": "waiting"}
    notice = {"jsonrpc": "2.0", "method": "notifications/progress", "params": told}
    return _encode(notice) + b"\n"


def unsupported(version: object) -> Fault:
    """Return the error about a version that is not spoken, with those that are."""
    asked = version[:64] if isinstance(version, str) else ""
    data = {"supported": list(VERSIONS), "requested": asked}
    return Fault(UNSUPPORTED_VERSION, "This protocol version is not spoken here.", data)


def result_line(request_id: RequestId, result: dict[str, Any]) -> bytes:
    """Return the line that answers."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "result": result}) + b"\n"


def fault_line(request_id: RequestId | None, fault: Fault) -> bytes:
    """Return the line that tells what is wrong."""
    return _encode({"jsonrpc": "2.0", "id": request_id, "error": fault.told}) + b"\n"
