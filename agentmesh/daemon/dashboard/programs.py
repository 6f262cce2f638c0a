"""What no page puts into the policy: a program that this machine runs, a folder that it shares.

A tab that was taken over could decide about the agent for as long as it is fresh. With one of these
it could do whatever the owner's account may.
"""

from collections.abc import Mapping
from typing import Any

from agentmesh.control import calls
from agentmesh.errors import NotPermitted
from agentmesh.policy import settings

FIELDS = ("stop_hook", "notify_owner.command", "shared_folders")


def check(request: calls.PolicySet | calls.PolicyReplace, current: Mapping[str, Any]) -> None:
    """Raise if the policy that a page wants differs in such a field from the one in force."""
    policy = settings.from_value({**current})
    if isinstance(request, calls.PolicySet):
        wanted = settings.put(policy, request.key, request.value)
    else:
        wanted = settings.read(request.document.encode())
    for field in FIELDS:
        if settings.get(wanted, field) != settings.get(policy, field):
            raise NotPermitted(
                "not_here",
                f"No page changes `{field}`: it names what is on this machine.",
                f"agentmesh policy set {field}",
            )
