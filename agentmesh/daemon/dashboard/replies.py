"""What goes back, in bytes: with which status, and with the headers that every answer has."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from agentmesh.control import failures
from agentmesh.errors import AgentMeshError

JSON = "application/json"
SAFE = {
    "Server": "agentmesh",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
RETRY_SECONDS = 60

_BY_CODE = {
    "wrong_host": 421, "forwarded": 400, "malformed": 400, "not_json": 415, "not_found": 404,
    "unknown_call": 404, "method_not_allowed": 405, "too_large": 413, "too_slow": 408,
    "unauthorized": 401, "bootstrap_invalid": 401, "locked": 429, "busy": 429,
    "policy_changed": 409,
}  # fmt: skip
_BY_KIND = {
    "usage": 400, "not_permitted": 403, "needs_owner": 403, "trust": 403, "refused": 409,
    "timed_out": 504, "protocol": 502, "try_again": 503, "not_running": 503,
}  # fmt: skip


class Reply(NamedTuple):
    """An answer. `is_last`: nothing that follows on its connection counts."""

    status: int
    body: bytes
    kind: str = JSON
    more: Mapping[str, str] = {}
    is_last: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """All its headers."""
        return {**SAFE, **self.more, "Content-Type": self.kind}


class Told(msgspec.Struct, frozen=True):
    """An error as a page gets it."""

    code: str
    message: str
    hint: str
    kind: str


def answered(value: object) -> Reply:
    """Return what tells a page an answer."""
    return Reply(200, msgspec.json.encode(value))


def failed(error: AgentMeshError, *, is_last: bool = False) -> Reply:
    """Return what tells a page what went wrong."""
    kind = failures.kind_of(error).word
    status = _BY_CODE.get(error.code) or _BY_KIND.get(kind, 500)
    more = {"Retry-After": str(RETRY_SECONDS)} if error.code == "locked" else {}
    return Reply(status, msgspec.json.encode({"error": told(error)}), more=more, is_last=is_last)


def told(error: AgentMeshError) -> Told:
    """Return an error in words."""
    return Told(error.code, error.message, error.hint, failures.kind_of(error).word)
