"""What a peer was granted, by name: to talk, files, tasks, memory. One question, one verdict.

A grant is for one peer and one kind, and nobody can pass it on. Without a grant a peer may talk and
ask for tasks, as the KNOCK let it in; files and memory are asked about each time.
"""

import re
from typing import Literal

import msgspec

from agentmesh.errors import UsageError

GrantKind = str
"""`text`, `file-in` (it sends us), `file-out` (it gets ours), `task:<name>`, `memory:<scope>`."""
GrantReason = Literal["", "not_granted", "grant_revoked", "grant_expired", "grant_used_up"]

TEXT: GrantKind = "text"
FILE_IN: GrantKind = "file-in"
FILE_OUT: GrantKind = "file-out"
_KINDS = re.compile(r"text|file-in|file-out|(task|memory):[a-z0-9_./-]{1,64}")


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner granted. None: without a bound. `revoked`: it was taken back, for good."""

    kind: GrantKind
    given_at: float
    uses_left: int | None = None
    until: float | None = None
    revoked: bool = False

    def used(self, times: int = 1) -> "Grant":
        """Return what is left of it."""
        if self.uses_left is None:
            return self
        return msgspec.structs.replace(self, uses_left=max(0, self.uses_left - times))


class GrantVerdict(msgspec.Struct, frozen=True):
    """Whether a peer may; if not, or if the owner is to be asked, why."""

    decision: Literal["allow", "refuse", "ask_owner"]
    reason: GrantReason = ""


def read_kind(text: str) -> GrantKind:
    """Return the kind that a text names."""
    kind = text.strip().lower()
    if not _KINDS.fullmatch(kind):
        raise UsageError(
            "unknown_grant",
            "There is no such kind of grant.",
            "It is text, file-in, file-out, task:NAME or memory:SCOPE.",
        )
    return kind


def task_kind(intent: str) -> GrantKind:
    """Return the kind for a request with this intent; a name of its own, not always a valid one."""
    return f"task:{intent.strip().lower()}"


def judge(kind: GrantKind, grant: Grant | None, now: float, uses: int = 1) -> GrantVerdict:
    """Return whether a peer may do this so many times, given what the owner granted it."""
    if grant is None:
        is_free = kind == TEXT or kind.startswith("task:")
        return GrantVerdict("allow") if is_free else GrantVerdict("ask_owner", "not_granted")
    if grant.revoked:
        return GrantVerdict("refuse", "grant_revoked")
    if grant.until is not None and now >= grant.until:
        return GrantVerdict("refuse", "grant_expired")
    if grant.uses_left is not None and grant.uses_left < uses:
        return GrantVerdict("refuse", "grant_used_up")
    return GrantVerdict("allow")
