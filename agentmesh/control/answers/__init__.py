"""What the daemon answers on the control socket. The keys are the command line's stable contract.

Times are RFC 3339 text, peers are AMIDs, an intent is `category` or `category/subcategory`.
"""

from agentmesh.control.answers.about import (
    DaemonState,
    Event,
    Health,
    Link,
    Logs,
    Pending,
    Prekeys,
    Status,
    Stopping,
    Subscribed,
    Unread,
    Welcome,
)
from agentmesh.control.answers.answer import Answer, LinkState, Outcome
from agentmesh.control.answers.breakers import (
    Blocked,
    Breaker,
    Breakers,
    BreakersOn,
    EmergencyStopped,
    Killed,
    Session,
    Sessions,
)
from agentmesh.control.answers.checkup import Pinged, Probed, ProbedLink
from agentmesh.control.answers.consent import (
    Approval,
    Approvals,
    Approved,
    Asked,
    Grant,
    Granted,
    Grants,
    Introduction,
    Introductions,
)
from agentmesh.control.answers.contacts import Contact, Contacts, Emoji, Kept, Removed, SafetyNumber
from agentmesh.control.answers.knocks import Decided, Knock, Knocks
from agentmesh.control.answers.messages import Consumed, Found, Inbox, Message, SearchResults, Sent
from agentmesh.control.answers.policy import Policy
from agentmesh.control.answers.records import Entry, Summary, Transcript, Transcripts
from agentmesh.control.answers.suites import SuitesAllowed

__all__ = [
    "Answer",
    "Approval",
    "Approvals",
    "Approved",
    "Asked",
    "Blocked",
    "Breaker",
    "Breakers",
    "BreakersOn",
    "Consumed",
    "Contact",
    "Contacts",
    "DaemonState",
    "Decided",
    "EmergencyStopped",
    "Emoji",
    "Entry",
    "Event",
    "Found",
    "Grant",
    "Granted",
    "Grants",
    "Health",
    "Inbox",
    "Introduction",
    "Introductions",
    "Kept",
    "Killed",
    "Knock",
    "Knocks",
    "Link",
    "LinkState",
    "Logs",
    "Message",
    "Outcome",
    "Pending",
    "Pinged",
    "Policy",
    "Prekeys",
    "Probed",
    "ProbedLink",
    "Removed",
    "SafetyNumber",
    "SearchResults",
    "Sent",
    "Session",
    "Sessions",
    "Status",
    "Stopping",
    "Subscribed",
    "SuitesAllowed",
    "Summary",
    "Transcript",
    "Transcripts",
    "Unread",
    "Welcome",
]
