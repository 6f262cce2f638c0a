"""What was written down."""

from typing import Any, Literal

from agentmesh.control.answers.answer import Answer


class Summary(Answer, frozen=True, kw_only=True):
    """A transcript in a list. `peer` is empty once the session itself is forgotten."""

    session_id: str
    peer: str
    peer_name: str
    bytes: int
    changed_at: str


class Transcripts(Answer, frozen=True, kw_only=True):
    """The transcripts, the last changed first."""

    transcripts: list[Summary]
    total: int


class Entry(Answer, frozen=True, kw_only=True):
    """What was said, or happened to the session. The payload of what came is the peer's word."""

    number: int
    at: str
    kind: Literal["received", "sent", "opened", "closed", "note"]
    peer: str
    peer_name: str
    message_id: str
    type: str
    payload: Any = None


class Transcript(Answer, frozen=True, kw_only=True):
    """A page of a transcript, oldest first.

    `damaged_at`: the number of the first record that does not open; what follows it cannot be
    read. `torn`: the last record is cut short, by a crash or because it is being written.
    `closed`: it ends as a closed session's does; otherwise nobody can tell whether more followed.
    """

    session_id: str
    entries: list[Entry]
    total: int
    damaged_at: int | None
    torn: bool
    closed: bool
