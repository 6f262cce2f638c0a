"""The policy: read and changed."""

from typing import Annotated, Any

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Intent, Line, Peer, Request

MAX_DOCUMENT = 900_000
"""A policy in a request, in letters: the line has to hold it."""


class PolicyGet(Request[answers.Policy], frozen=True, kw_only=True):
    """Read the policy, or the part that a dotted key names.

    To an agent `scrubber_patterns`, `stop_hook` and the ways to the owner look empty.
    """

    key: Line = ""


class PolicySet(Request[answers.Policy], frozen=True, kw_only=True):
    """Set one field of the policy; dotted keys reach inside. The answer is the whole policy.

    An agent sets only what the owner's `delegated_keys` name.
    """

    key: Annotated[str, Meta(min_length=1, max_length=280)]
    value: Any


class PolicyReplace(Request[answers.Policy], frozen=True, kw_only=True):
    """Put another policy in force, a JSON text; what it leaves out has its default.

    `version`: the number of the policy that was changed, as `policy.history` has it; if another
    one is in force by now, nothing happens.
    """

    document: Annotated[str, Meta(max_length=MAX_DOCUMENT)]
    version: Annotated[int, Meta(ge=1, le=999_999_999)] | None = None


class PolicyExplain(Request[answers.PolicyExplained], frozen=True, kw_only=True):
    """Tell what would become of a peer's KNOCK now, check by check, and of what we send it."""

    peer: Peer
    intent: Intent = "communication/messaging"


class PolicyTest(Request[answers.PolicyTested], frozen=True, kw_only=True):
    """Tell what would become of the last day's KNOCKs under another policy, a JSON text."""

    document: Annotated[str, Meta(max_length=MAX_DOCUMENT)]


class PolicyHistory(Request[answers.PolicyVersions], frozen=True, kw_only=True):
    """List the policies that were in force, the newest first."""


class PolicyUndo(Request[answers.Policy], frozen=True, kw_only=True):
    """Bring back the policy before this one, or the one of this number; the answer is that one."""

    to: Annotated[int, Meta(ge=1, le=999_999_999)] | None = None
