"""Answers for which no daemon is needed, and for some not even a home."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.control import answers, offline
from agentmesh.control.door import decode
from agentmesh.daemon.api.audit import head_text
from agentmesh.daemon.api.receipts import told
from agentmesh.daemon.api.records import RECORDS
from agentmesh.daemon.api.transcripts import shown
from agentmesh.daemon.offline.home import ClosedHome
from agentmesh.daemon.offline.restoring import restore
from agentmesh.observability.audit_export import check
from agentmesh.observability.audit_line import Head
from agentmesh.observability.transcript_keys import open_transcript
from agentmesh.observability.transcript_records import Transcript
from agentmesh.protocol.times import to_text
from agentmesh.protocol.world import Clock
from agentmesh.storage.key_passphrase import passphrase


class Answering:
    """Answers one question after the other."""

    def __init__(self, home: ClosedHome, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._opened: dict[str, Transcript] = {}
        self._runs: dict[str, Callable[[Any], Awaitable[answers.Answer]]] = {
            "receipts.check": self._check_receipt,
            "audit.check": self._check_export,
            "transcripts.open": self._open_transcript,
            "restore": self._restore,
        }

    async def answer(self, name: str, params: msgspec.Raw) -> answers.Answer:
        """Return the answer to a call, or raise what its caller is told."""
        request = decode(name, params, "owner", offline.ALL)
        if name in self._runs:
            return await self._runs[name](request)
        return await RECORDS[name](self._home.records, request, "owner")

    async def _restore(self, asked: offline.Restore) -> answers.Restored:
        return await restore(self._home.path, asked, self._home.world)

    async def _check_receipt(self, asked: offline.ReceiptsCheck) -> answers.Receipt:
        return told(asked.file.encode(errors="surrogatepass"), self._clock.now())

    async def _check_export(self, asked: offline.AuditCheck) -> answers.AuditChecked:
        said = check(Path(asked.path))
        return answers.AuditChecked(
            amid=said.amid,
            exported_at=to_text(said.exported_at / 1000),
            lines=said.lines,
            first=said.first,
            last=said.last,
            head=head_text(Head(said.head, said.head_hash)),
            whole=said.is_whole,
            kinds=list(said.kinds),
            peer=said.peer,
            since=said.since,
            until=said.until,
        )

    async def _open_transcript(self, asked: offline.TranscriptsOpen) -> answers.Transcript:
        if asked.path not in self._opened:  # a passphrase is stretched once, not for every page
            words = passphrase(asked.passphrase.encode())
            key_file = asked.key_file.encode(errors="surrogatepass")
            self._opened[asked.path] = open_transcript(Path(asked.path), key_file, words)
        found = self._opened[asked.path]
        start = asked.first - 1
        page = enumerate(found.entries[start : start + asked.limit], asked.first)
        return answers.Transcript(
            session_id=found.session_id,
            entries=[shown(number, said) for number, said in page],
            total=len(found.entries),
            damaged_at=found.damaged_at,
            torn=found.is_torn,
            closed=found.is_closed,
        )
