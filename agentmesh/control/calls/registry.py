"""The registry's log, and taking our identity back."""

from typing import Literal

from agentmesh.control import answers
from agentmesh.control.calls.request import Line, Request

RevokeReason = Literal["key_compromise", "cessation_of_operation", "other"]


class RegistryShow(Request[answers.RegistryShown], frozen=True, kw_only=True):
    """Show what we know of the registry's log, and what it was caught at."""


class RegistryAccept(Request[answers.RegistryShown], frozen=True, kw_only=True):
    """Forget the log and what it was caught at: what it shows next is taken as it is."""


class Rotate(Request[answers.Rotated], frozen=True, kw_only=True):
    """Let a new identity take this one's place, for good. `confirm` repeats this agent's AMID."""

    confirm: Line
    note: Line = ""


class Revoke(Request[answers.RevokedUs], frozen=True, kw_only=True):
    """Take this agent's identity back, for good. `confirm` repeats its AMID."""

    reason: RevokeReason
    confirm: Line
    note: Line = ""
