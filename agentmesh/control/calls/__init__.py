"""The calls on the control socket: what is asked. Who may ask it says `table.py`.

A peer is written as alias, contact's name, AMID or DID. A call that waits has a bound and gives
one answer; `events.subscribe` alone goes on. `docs/control.md` is made from these types.
"""

from agentmesh.control.calls.about import EventsSubscribe, Health, Hello, Logs, Status, Stop
from agentmesh.control.calls.breakers import (
    Block,
    Kill,
    Pause,
    Resume,
    Sessions,
    Shutdown,
    Unblock,
    Wake,
)
from agentmesh.control.calls.consent import (
    ApprovalsApprove,
    ApprovalsDeny,
    ApprovalsList,
    ApprovalsShow,
    ContactsAutonomy,
    ContactsNote,
)
from agentmesh.control.calls.contacts import (
    ContactsAdd,
    ContactsAlias,
    ContactsList,
    ContactsRemove,
    ContactsShow,
    ContactsTrust,
    Verify,
)
from agentmesh.control.calls.knocks import KnocksApprove, KnocksBlock, KnocksDeny, KnocksList
from agentmesh.control.calls.messages import Inbox, Outcome, Read, Reply, Search, Send
from agentmesh.control.calls.policy import PolicyGet, PolicySet
from agentmesh.control.calls.records import TranscriptsList, TranscriptsShow
from agentmesh.control.calls.request import (
    MAX_ANSWER_LINE,
    MAX_LINE,
    MAX_WAIT_SECONDS,
    Body,
    Id,
    Intent,
    Limit,
    Line,
    Peer,
    Permit,
    Request,
    SessionType,
    Wait,
    Word,
)

__all__ = [
    "MAX_ANSWER_LINE",
    "MAX_LINE",
    "MAX_WAIT_SECONDS",
    "ApprovalsApprove",
    "ApprovalsDeny",
    "ApprovalsList",
    "ApprovalsShow",
    "Block",
    "Body",
    "ContactsAdd",
    "ContactsAlias",
    "ContactsAutonomy",
    "ContactsList",
    "ContactsNote",
    "ContactsRemove",
    "ContactsShow",
    "ContactsTrust",
    "EventsSubscribe",
    "Health",
    "Hello",
    "Id",
    "Inbox",
    "Intent",
    "Kill",
    "KnocksApprove",
    "KnocksBlock",
    "KnocksDeny",
    "KnocksList",
    "Limit",
    "Line",
    "Logs",
    "Outcome",
    "Pause",
    "Peer",
    "Permit",
    "PolicyGet",
    "PolicySet",
    "Read",
    "Reply",
    "Request",
    "Resume",
    "Search",
    "Send",
    "SessionType",
    "Sessions",
    "Shutdown",
    "Status",
    "Stop",
    "TranscriptsList",
    "TranscriptsShow",
    "Unblock",
    "Verify",
    "Wait",
    "Wake",
    "Word",
]
