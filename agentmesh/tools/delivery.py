"""What a host that wakes its agent asks for: messages, each for its peer's own session.

It is no tool, because no model may ask for it: with it come the context tokens of those sessions.
"""

from pathlib import Path
from typing import Any

import msgspec

from agentmesh.control import calls
from agentmesh.control.client import Client
from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.tools.catalog import safe
from agentmesh.tools.tool import failed

MAX_WAIT_SECONDS = 60.0
AT_ONCE = 20
"""So many messages of a page; a host goes on after the last one of them."""


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the first message may be waited for; `after`: the last one that was seen."""

    wait: float = 0.0
    after: str = ""


def deliver(asked: dict[str, Any], home: Path) -> dict[str, Any]:
    """Return unread messages that may wake the agent, and leave them unread.

    Each has the `context` of the session that its peer has for itself; the one beside them is that
    of the owner's own sessions.
    """
    try:
        wanted = msgspec.convert(asked, Delivery)
    except msgspec.ValidationError as error:
        return failed(UsageError("invalid_argument", f"{error}."))
    request = calls.Inbox(
        waking=True,
        apart=True,
        content=True,
        limit=AT_ONCE,
        after=wanted.after,
        wait=min(wanted.wait, MAX_WAIT_SECONDS),
    )
    try:
        with Client(home, "agent") as client:
            found = client.call(request)
    except AgentMeshError as error:
        return failed(error)
    return {"ok": True, "messages": [safe(it) for it in found.messages], "context": found.context}
