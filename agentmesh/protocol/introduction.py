"""What one agent signs about another it knows."""

import msgspec

from agentmesh.protocol.bounded import Milliseconds, Name, Note
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Document


class Introduction(Document, frozen=True, kw_only=True):
    """Somebody I know, to somebody I know. It gives no leave."""

    introduced: Amid
    name: Name = ""
    note: Note = ""
    timestamp: Milliseconds
    sender: Amid = msgspec.field(name="from")
    to: Amid
