"""What was written down."""

from typing import Annotated

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Id, Limit, Line, Request, Word

Place = Annotated[str, Meta(max_length=200)]
"""Where to go on, as an answer said it; empty at the beginning."""
Passphrase = Annotated[str, Meta(min_length=1, max_length=1024)]
Kinds = Annotated[tuple[Word, ...], Meta(max_length=64)]
Many = Annotated[int, Meta(ge=1, le=1000)]
Number = Annotated[int, Meta(ge=0, le=2**53)]


class TranscriptsList(Request[answers.Transcripts], frozen=True, kw_only=True):
    """List the sessions of which there is a transcript; `place`: the last page's `next`."""

    place: Place = ""
    limit: Limit = 20


class TranscriptsShow(Request[answers.Transcript], frozen=True, kw_only=True):
    """Read a session's transcript, from entry number `first` on."""

    session_id: Id
    first: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 1
    limit: Limit = 100


class TranscriptsRead(Request[answers.TranscriptPage], frozen=True, kw_only=True):
    """Read a transcript from the beginning to the end, page by page."""

    session_id: Id
    place: Place = ""
    limit: Many = 1000


class TranscriptsSearch(Request[answers.Hits], frozen=True, kw_only=True):
    """Find messages that have all these words and "phrases in quotes", in any case.

    `since` is an RFC 3339 time. One call works for some seconds; `place` goes on.
    """

    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    peer: Line = ""
    since: Word = ""
    place: Place = ""
    limit: Limit = 20


class TranscriptsWarm(Request[answers.Warmed], frozen=True, kw_only=True):
    """Read transcripts ahead of a search, for some seconds; ask again while something is left.

    What is at hand is let go when nobody has searched for ten minutes.
    """


class TranscriptsErase(Request[answers.TranscriptErased], frozen=True, kw_only=True):
    """Erase a session's transcript."""

    session_id: Id


class TranscriptsKeys(Request[answers.TranscriptKey], frozen=True, kw_only=True):
    """Hand out the key of one transcript, under a passphrase; the audit log says so."""

    session_id: Id
    passphrase: Passphrase

    def __repr__(self) -> str:
        return f"TranscriptsKeys({self.session_id})"


class AuditVerify(Request[answers.AuditReport], frozen=True, kw_only=True):
    """Examine the audit log. `expect` is a head that was kept elsewhere."""

    expect: Annotated[str, Meta(max_length=90)] = ""


class AuditHead(Request[answers.AuditHead], frozen=True, kw_only=True):
    """Tell where the chain of the audit log stands."""


class AuditShow(Request[answers.AuditRecords], frozen=True, kw_only=True):
    """Read the last of the chosen lines of the audit log; times are RFC 3339."""

    kinds: Kinds = ()
    peer: Line = ""
    since: Word = ""
    until: Word = ""
    limit: Many = 50


class AuditExport(Request[answers.AuditLines], frozen=True, kw_only=True):
    """Read the chosen lines of the audit log from the beginning to the end, page by page.

    `up_to` is what the first answer said: lines that are written meanwhile are not for this export.
    """

    kinds: Kinds = ()
    peer: Line = ""
    since: Word = ""
    until: Word = ""
    up_to: Number = 0
    place: Place = ""
    limit: Many = 1000


class AuditSeal(Request[answers.AuditSealed], frozen=True, kw_only=True):
    """Sign the chosen lines, after examining the whole log."""

    kinds: Kinds = ()
    peer: Line = ""
    since: Word = ""
    until: Word = ""
    up_to: Number


class ReceiptsList(Request[answers.Receipts], frozen=True, kw_only=True):
    """List what proves that we held sessions."""

    limit: Limit = 20


class ReceiptsShow(Request[answers.Receipt], frozen=True, kw_only=True):
    """Show the receipt of a session, and the file that proves it to others."""

    session_id: Id


class Backup(Request[answers.BackedUp], frozen=True, kw_only=True):
    """Write everything that is the owner's into one new file, under a passphrase.

    The path is absolute; the daemon writes it, for the owner alone.
    """

    path: Annotated[str, Meta(min_length=1, max_length=4096)]
    passphrase: Passphrase

    def __repr__(self) -> str:
        return f"Backup({self.path})"
