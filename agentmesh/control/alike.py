"""Sends that come together and differ only in what they say: one `send.all` costs little more.

Each keeps its id and its answer. Only the owner's are joined: of what an agent says each message is
counted, and one that would trip a breaker must not take the others along.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from agentmesh.control import calls, rpc
from agentmesh.control.door import decode
from agentmesh.errors import AgentMeshError


class AlikeSend(NamedTuple):
    """A line that says something, and what it asks for."""

    call: rpc.Call
    asked: calls.Send

    def is_like(self, other: "AlikeSend") -> bool:
        """Whether it differs from the other one in nothing but what it says."""
        return msgspec.structs.replace(self.asked, body=other.asked.body) == other.asked


class _Said(msgspec.Struct):
    body: msgspec.Raw


_read_body = msgspec.json.Decoder(_Said).decode
_encode = msgspec.json.Encoder().encode


def send_in(call: rpc.Call, permit: calls.Permit) -> AlikeSend | None:
    """Return a send that others may join: whoever asks waits for nothing but that it is kept."""
    if call.method != "send" or permit != "owner":
        return None
    try:
        asked = decode(call.method, call.params, permit)
    except AgentMeshError:
        return None  # whoever answers it says what is wrong
    return AlikeSend(call, asked) if isinstance(asked, calls.Send) and asked.wait is None else None


def joined(sends: Sequence[AlikeSend]) -> msgspec.Raw:
    """Return the arguments of a `send.all` that says what these say, letter by letter."""
    names = (name for name in calls.SendAll.__struct_fields__ if name != "bodies")
    alike = {name: getattr(sends[0].asked, name) for name in names}
    bodies = [_read_body(send.call.params).body for send in sends]
    return msgspec.Raw(_encode({**alike, "bodies": bodies}))
