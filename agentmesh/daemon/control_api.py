"""One table of calls, whichever door they come through."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from agentmesh.control import answers, calls
from agentmesh.control.connection import Answered
from agentmesh.control.door import decode
from agentmesh.daemon import api_messages, api_owner, api_status, api_transcripts, api_verify
from agentmesh.daemon.rooms import Rooms

Run = Callable[[Rooms, Any, calls.Permit], Awaitable[Answered]]

CALLS: dict[str, Run] = {
    "status": api_status.status,
    "health": api_status.health,
    "logs": api_status.logs,
    "events.subscribe": api_status.events_subscribe,
    "send": api_messages.send,
    "reply": api_messages.reply,
    "inbox": api_messages.inbox,
    "read": api_messages.read,
    "search": api_messages.search,
    "knocks.list": api_owner.knocks_list,
    "knocks.approve": api_owner.knocks_approve,
    "knocks.deny": api_owner.knocks_deny,
    "knocks.block": api_owner.knocks_block,
    "sessions": api_owner.sessions,
    "kill": api_owner.kill,
    "pause": api_owner.pause,
    "resume": api_owner.resume,
    "shutdown": api_owner.shutdown,
    "wake": api_owner.wake,
    "block": api_owner.block,
    "unblock": api_owner.unblock,
    "policy.get": api_owner.policy_get,
    "policy.set": api_owner.policy_set,
    "contacts.list": api_owner.contacts_list,
    "contacts.add": api_owner.contacts_add,
    "contacts.alias": api_owner.contacts_alias,
    "contacts.trust": api_owner.contacts_trust,
    "contacts.remove": api_owner.contacts_remove,
    "verify": api_verify.verify,
    "transcripts.list": api_transcripts.transcripts_list,
    "transcripts.show": api_transcripts.transcripts_show,
}


class ControlApi:
    """Answers calls. `stop` ends the process."""

    def __init__(self, rooms: Rooms, stop: Callable[[], answers.Stopping]) -> None:
        self._rooms = rooms
        self._stop = stop

    async def answer(self, name: str, params: msgspec.Raw, permit: calls.Permit) -> Answered:
        """Return the answer to a call, or raise what its caller is told."""
        request = decode(name, params, permit)
        if isinstance(request, calls.Stop):
            return self._stop()
        return await CALLS[name](self._rooms, request, permit)
