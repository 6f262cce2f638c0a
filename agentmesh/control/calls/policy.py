"""The policy: read and changed."""

from typing import Annotated, Any

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Line, Request


class PolicyGet(Request[answers.Policy], frozen=True, kw_only=True):
    """Read the policy, or the part that a dotted key names."""

    key: Line = ""


class PolicySet(Request[answers.Policy], frozen=True, kw_only=True):
    """Set one field of the policy; dotted keys reach inside. The answer is the whole policy."""

    key: Annotated[str, Meta(min_length=1, max_length=280)]
    value: Any
