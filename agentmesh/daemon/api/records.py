"""The calls about records: a daemon answers them, and without one a program that opens the home."""

from collections.abc import Awaitable, Callable
from typing import Any

from agentmesh.control import answers, calls
from agentmesh.daemon.api import audit, backup, transcripts
from agentmesh.daemon.records import Records

RunRecords = Callable[[Records, Any, calls.Permit], Awaitable[answers.Answer]]

RECORDS: dict[str, RunRecords] = {
    "transcripts.list": transcripts.transcripts_list,
    "transcripts.show": transcripts.transcripts_show,
    "transcripts.read": transcripts.transcripts_read,
    "transcripts.search": transcripts.transcripts_search,
    "transcripts.warm": transcripts.transcripts_warm,
    "transcripts.erase": transcripts.transcripts_erase,
    "transcripts.keys": transcripts.transcripts_keys,
    "audit.verify": audit.audit_verify,
    "audit.head": audit.audit_head,
    "audit.show": audit.audit_show,
    "audit.export": audit.audit_export,
    "audit.seal": audit.audit_seal,
    "backup": backup.backup,
}
