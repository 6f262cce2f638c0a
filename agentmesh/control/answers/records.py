"""What was written down."""

from typing import Any, Literal

from agentmesh.control.answers.answer import Answer


class Summary(Answer, frozen=True, kw_only=True):
    """A transcript in a list.

    All are sealed on the disk; `readable`: its beginning opens with the keys of this home. `peer`
    is empty otherwise.
    """

    session_id: str
    peer: str
    peer_name: str
    bytes: int
    changed_at: str
    sealed: bool = True
    readable: bool = True


class Transcripts(Answer, frozen=True, kw_only=True):
    """The transcripts, the last changed first; `next` is the place to go on from, or empty."""

    transcripts: list[Summary]
    total: int
    next: str = ""


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

    `damaged_at`: the number of the first entry that does not open; what follows it cannot be
    read. `torn`: the last record is cut short, by a crash or because it is being written.
    `closed`: it ends as a closed session's does; otherwise nobody can tell whether more followed.
    """

    session_id: str
    entries: list[Entry]
    total: int
    damaged_at: int | None
    torn: bool
    closed: bool


class TranscriptPage(Answer, frozen=True, kw_only=True):
    """Some entries of a transcript; `next` is where the following ones begin, empty at the end."""

    entries: list[Entry]
    next: str
    damaged: bool


class Hit(Answer, frozen=True, kw_only=True):
    """A message that was found. The snippet is what stands around the first word, cleaned."""

    session_id: str
    number: int
    at: str
    kind: str
    peer: str
    peer_name: str
    type: str
    snippet: str


class Hits(Answer, frozen=True, kw_only=True):
    """What a piece of a search found, from the youngest session to the oldest.

    `next` is where to go on, empty at the end; `searched` and `left` are bytes. `damaged` names
    transcripts that could not be read to their end.
    """

    hits: list[Hit]
    next: str
    searched: int
    left: int
    damaged: list[str]


class Warmed(Answer, frozen=True, kw_only=True):
    """How many bytes of transcripts are at hand for a search now, and how many are not yet."""

    ready: int
    left: int


class TranscriptErased(Answer, frozen=True, kw_only=True):
    """The transcript is gone."""

    session_id: str


class TranscriptKey(Answer, frozen=True, kw_only=True):
    """The key of one transcript under a passphrase: `file` is what to keep."""

    session_id: str
    file: str


class AuditProblem(Answer, frozen=True, kw_only=True):
    """What does not fit, and where."""

    file: str
    line: int
    what: str


class AuditReport(Answer, frozen=True, kw_only=True):
    """What an examination of the audit log found.

    `start` is the number of the last line that was let go by policy. `head` is where the chain
    stands: kept elsewhere, it shows later that nothing was cut off. `lost`: facts that found no
    room on the disk and are missing.
    """

    whole: bool
    lines: int
    files: int
    start: int
    head: str
    problems: list[AuditProblem]
    waiting: int
    lost: int


class AuditHead(Answer, frozen=True, kw_only=True):
    """Where the chain of the audit log stands: `<number>:<hash>`."""

    head: str


class AuditRecords(Answer, frozen=True, kw_only=True):
    """The last of the chosen lines, oldest first."""

    records: list[dict[str, Any]]


class AuditLines(Answer, frozen=True, kw_only=True):
    """Chosen lines as they are; `next` is where the following ones begin, empty at the end."""

    lines: list[str]
    next: str
    up_to: int


class AuditSealed(Answer, frozen=True, kw_only=True):
    """The last line of an export, and what it vouches for."""

    line: str
    lines: int
    whole: bool
    sha256: str


class ReceiptSummary(Answer, frozen=True, kw_only=True):
    """A receipt in a list. `outcome` is empty where only the beginning is proven."""

    session_id: str
    peer: str
    peer_name: str
    started: str
    suite: str
    outcome: str


class Receipts(Answer, frozen=True, kw_only=True):
    """The receipts of our sessions, the youngest first; `damaged` could not be read."""

    receipts: list[ReceiptSummary]
    total: int
    damaged: int


class Receipt(Answer, frozen=True, kw_only=True):
    """What a receipt proves: that these two held this session, and how they saw it end.

    `file` is the receipt as a file that anybody can check.
    """

    session_id: str
    initiator: str
    receiver: str
    suite: str
    started: str
    outcome: str
    initiator_messages: int | None
    receiver_messages: int | None
    transcript: str
    file: str


class AuditChecked(Answer, frozen=True, kw_only=True):
    """What an export of an audit log says about itself; the agent `amid` has signed it.

    `whole`: the agent had examined its whole log, and nothing was missing or changed. What was
    chosen by kinds, peer and times is not all there was between `first` and `last`.
    """

    amid: str
    exported_at: str
    lines: int
    first: int
    last: int
    head: str
    whole: bool
    kinds: list[str]
    peer: str
    since: str
    until: str


class BackedUp(Answer, frozen=True, kw_only=True):
    """What a backup holds."""

    path: str
    amid: str
    made_at: str
    files: int
    bytes: int


class Restored(Answer, frozen=True, kw_only=True):
    """What came of a backup. `sessions` ended: what was not confirmed is said in new ones.

    `set_aside`: where the home is that was there before, empty if there was none.
    """

    amid: str
    made_at: str
    files: int
    sessions: int
    key_storage: str
    set_aside: str
