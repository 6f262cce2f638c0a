"""What is written down of all that happens: the audit log for facts, transcripts for words.

Written after a turn is saved. A crash in between can cost the log its last second; it costs no
message.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, Self, get_args

import msgspec

from agentmesh.crypto.suites import SUITES
from agentmesh.errors import StorageError
from agentmesh.identity.registry_log import EVIDENT
from agentmesh.messages.payloads import PAYLOADS, CloseReason, ErrorCode, is_house_mail
from agentmesh.node.background import Background
from agentmesh.node.consent.key_changes import SIGNS
from agentmesh.node.notices import Bulletin, Notice
from agentmesh.node.sheet import Sheet
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event, Field
from agentmesh.observability.logs import Code, record
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
from agentmesh.policy.breakers import TripKind
from agentmesh.policy.document import Autonomy
from agentmesh.policy.verdict import Reason
from agentmesh.protocol.categories import STANDARD
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.revocation import RevocationReason
from agentmesh.storage.interface import Deliver, IncomingRow, OutgoingRow

FLUSH_SECONDS = 0.25
_EVENTS = {event.value: event for event in Event}
_WORDS = frozenset(
    {
        *get_args(CloseReason),
        *get_args(ErrorCode),
        *get_args(Reason),
        *get_args(TripKind),
        *PAYLOADS,
        *STANDARD,
        "data",
        "exchange",
    }
    | {"view", "control"}
    | {"revoked", "invalid"}
    | {"signed", "kem", "superseded", "session_lost", "stale_prekey", "dismissed", "expired"}
    | SIGNS
    | EVIDENT
    | {*get_args(RevocationReason), "own_entry_foreign", "revocation_unproved", "log_withheld"}
    | {"default", *get_args(Autonomy)}
    | {"data", "exchange", "call", "flag", "signal", "start", "owner", "agent"}
    | {*SUITES, "suite_degraded", "suite_missing", "suite_pinned", "suites_rolled_back"}
    | {"agent_not_found", "bundle_invalid", "blocked", "keyring", "passphrase", "file"}
)

log = logging.getLogger("agentmesh.node")


class _Said(msgspec.Struct, frozen=True):
    """Of a saying as it is kept, what its row does not tell."""

    payload: bytes


_said = msgspec.msgpack.Decoder(_Said).decode


class Journal:
    """Writes for the owner. A disk that is full stops nobody; what is missing is counted."""

    def __init__(
        self, audit: AuditLog, transcripts: Transcripts, keeps_transcripts: Callable[[], bool]
    ) -> None:
        self.audit = audit
        self.transcripts = transcripts
        self._keeps_transcripts = keeps_transcripts
        self._background = Background()
        self._has_new_words = False
        self.missing: Counter[str] = Counter()
        """How much that was said since the start is in no transcript, by why."""

    def listen(self, bulletin: Bulletin) -> None:
        """Write down every notice from now on that belongs into the audit log."""
        bulletin.listen_to_runs(self._facts, _EVENTS)

    async def __aenter__(self) -> Self:
        await self._background.begin(self._flush())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()
        self.audit.close()
        self.transcripts.close()

    def write(self, sheets: Sequence[Sheet]) -> None:
        """Write down the words of turns that are saved, session by session."""
        if not self._keeps_transcripts():
            return
        for session_id, entries in _words(sheets).items():
            # A session that never opened has no transcript: its end alone begins none.
            if entries[0].kind == "closed" and not self.transcripts.has(session_id):
                continue
            try:
                self.transcripts.append(session_id, *entries)
            except StorageError as error:
                self.missing[error.code] += len(entries)
                told = {"code": Code(error.code), "session": Code(session_id)}
                record(log, logging.WARNING, "transcript.missing", **told)
            self._has_new_words = True

    def _facts(self, run: Sequence[Notice]) -> None:
        self.audit.record_all(_EVENTS[run[0].kind], [_fields(notice) for notice in run])

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            # A thread is woken only if there is something to write: most of the time there is not.
            if not self.audit.is_settled:
                await asyncio.to_thread(self.audit.flush)
            if self._has_new_words:
                self._has_new_words = False
                await asyncio.to_thread(self._sync)

    def _sync(self) -> None:
        try:
            self.transcripts.sync()
        except StorageError as error:
            self._has_new_words = True
            record(log, logging.WARNING, "transcript.unsynced", code=Code(error.code))


def _fields(notice: Notice) -> dict[str, Field]:
    """Return what the audit log says of a notice."""
    given: dict[str, Field] = {}
    if notice.peer is not None:
        given["peer"] = notice.peer
    if notice.session_id is not None:
        given["session_id"] = notice.session_id
    if notice.message_id is not None:
        given["message_id"] = notice.message_id
    for name, value in notice.fields.items():
        given[name] = _safe(value)
    return given


def _safe(value: str | float) -> Code | float:
    """Return a field as the audit log takes it: a word that a peer made up is only `other`."""
    if not isinstance(value, str):
        return value
    return Code(value) if value in _WORDS else Code("other")


def _words(sheets: Sequence[Sheet]) -> dict[SessionId, list[Entry]]:
    """Return what turns have to say about each session: it began, who said what, it ended."""
    words: dict[SessionId, list[Entry]] = {}
    for sheet in sheets:
        _note(words, sheet, "session_started", "opened")
        for row in sheet.rows.values():
            if row.sequence is not None and not is_house_mail(row.type):
                entry = _entry(sheet, "sent", row, _said(row.body).payload)
                words.setdefault(row.session_id, []).append(entry)
        for change in (*sheet.changes, *sheet.withheld):
            if isinstance(change, Deliver):
                payload = sheet.envelope(change.row).payload
                entry = _entry(sheet, "received", change.row, payload)
                words.setdefault(change.row.session_id, []).append(entry)
        _note(words, sheet, "session_closed", "closed")
    return words


def _note(
    words: dict[SessionId, list[Entry]],
    sheet: Sheet,
    notice_kind: str,
    kind: Literal["opened", "closed"],
) -> None:
    for notice in sheet.notices:
        if notice.kind == notice_kind and notice.session_id is not None:
            suite = str(notice.fields.get("suite", ""))
            entry = Entry(at=sheet.now, kind=kind, peer=sheet.peer, type=suite)
            words.setdefault(notice.session_id, []).append(entry)


def _entry(
    sheet: Sheet,
    kind: Literal["sent", "received"],
    row: OutgoingRow | IncomingRow,
    payload: bytes,
) -> Entry:
    return Entry(
        at=sheet.now,
        kind=kind,
        peer=sheet.peer,
        message_id=row.message_id,
        type=row.type,
        body=payload,
    )
