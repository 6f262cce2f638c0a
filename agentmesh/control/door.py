"""What every door of the daemon, socket and dashboard alike, does first.

Is there such a call, may this caller make it, is it well made?
"""

from typing import Any

import msgspec

from agentmesh.control.calls import REQUESTS, Permit, Request
from agentmesh.errors import NotPermitted, UsageError


def decode(name: str, params: bytes | msgspec.Raw, permit: Permit) -> Request[Any]:
    """Return the request in `params`, or say why there is none."""
    row = REQUESTS.get(name)
    if row is None:
        raise UsageError("unknown_call", f"There is no call {name[:60]!r}.")
    if row.permit == "owner" and permit != "owner":
        raise NotPermitted(
            "owner_only", f"{name} is for the owner.", f"The owner can use it: `agentmesh {name}`."
        )
    try:
        request: Request[Any] = msgspec.json.decode(params, type=row.request)
    except msgspec.ValidationError as error:
        raise UsageError("invalid_argument", f"{name}: {error}.") from None
    except (msgspec.DecodeError, RecursionError):
        raise UsageError("invalid_argument", f"The arguments of {name} are not JSON.") from None
    return request
