"""The table of calls: by name what is asked, what is answered, and who may ask."""

from typing import Any

import msgspec

from agentmesh.control import answers, calls


class CallType(msgspec.Struct, frozen=True):
    """One row of the table."""

    request: type[calls.Request[Any]]
    answer: type[answers.Answer]
    permit: calls.Permit


REQUESTS: dict[str, CallType] = {
    "reputation.show": CallType(calls.ReputationShow, answers.Reputation, "agent"),
    "reputation.rate": CallType(calls.ReputationRate, answers.Rated, "owner"),
    "hello": CallType(calls.Hello, answers.Welcome, "agent"),
    "status": CallType(calls.Status, answers.Status, "agent"),
    "send": CallType(calls.Send, answers.Sent, "agent"),
    "reply": CallType(calls.Reply, answers.Sent, "agent"),
    "outcome": CallType(calls.Outcome, answers.Sent, "agent"),
    "inbox": CallType(calls.Inbox, answers.Inbox, "agent"),
    "read": CallType(calls.Read, answers.Consumed, "agent"),
    "search": CallType(calls.Search, answers.SearchResults, "agent"),
    "contacts.list": CallType(calls.ContactsList, answers.Contacts, "agent"),
    "policy.get": CallType(calls.PolicyGet, answers.Policy, "agent"),
    "health": CallType(calls.Health, answers.Health, "agent"),
    "schemas.list": CallType(calls.SchemasList, answers.Schemas, "agent"),
    "schemas.show": CallType(calls.SchemasShow, answers.Schema, "agent"),
    "schemas.check": CallType(calls.SchemasCheck, answers.SchemaChecked, "agent"),
    "schemas.add": CallType(calls.SchemasAdd, answers.SchemaNamed, "owner"),
    "schemas.publish": CallType(calls.SchemasPublish, answers.SchemaNamed, "owner"),
    "schemas.fetch": CallType(calls.SchemasFetch, answers.SchemaFetched, "owner"),
    "schemas.remove": CallType(calls.SchemasRemove, answers.SchemaNamed, "owner"),
    "events.subscribe": CallType(calls.EventsSubscribe, answers.Subscribed, "agent"),
    "knocks.list": CallType(calls.KnocksList, answers.Knocks, "owner"),
    "knocks.approve": CallType(calls.KnocksApprove, answers.Decided, "owner"),
    "knocks.deny": CallType(calls.KnocksDeny, answers.Decided, "owner"),
    "knocks.block": CallType(calls.KnocksBlock, answers.Decided, "owner"),
    "sessions": CallType(calls.Sessions, answers.Sessions, "owner"),
    "kill": CallType(calls.Kill, answers.Killed, "owner"),
    "pause": CallType(calls.Pause, answers.Breakers, "owner"),
    "resume": CallType(calls.Resume, answers.Breakers, "owner"),
    "shutdown": CallType(calls.Shutdown, answers.Breakers, "owner"),
    "wake": CallType(calls.Wake, answers.Breakers, "owner"),
    "stop": CallType(calls.Stop, answers.Stopping, "owner"),
    "emergency_stop": CallType(calls.EmergencyStop, answers.EmergencyStopped, "owner"),
    "breakers.list": CallType(calls.BreakersList, answers.BreakersOn, "owner"),
    "breakers.lift": CallType(calls.BreakersLift, answers.BreakersOn, "owner"),
    "block": CallType(calls.Block, answers.Blocked, "owner"),
    "unblock": CallType(calls.Unblock, answers.Blocked, "owner"),
    "policy.explain": CallType(calls.PolicyExplain, answers.PolicyExplained, "owner"),
    "policy.test": CallType(calls.PolicyTest, answers.PolicyTested, "owner"),
    "policy.history": CallType(calls.PolicyHistory, answers.PolicyVersions, "owner"),
    "policy.undo": CallType(calls.PolicyUndo, answers.Policy, "owner"),
    "policy.set": CallType(calls.PolicySet, answers.Policy, "owner"),
    "contacts.add": CallType(calls.ContactsAdd, answers.Kept, "owner"),
    "contacts.alias": CallType(calls.ContactsAlias, answers.Kept, "owner"),
    "contacts.trust": CallType(calls.ContactsTrust, answers.Kept, "owner"),
    "contacts.allow_degraded": CallType(
        calls.ContactsAllowDegraded, answers.SuitesAllowed, "owner"
    ),
    "contacts.remove": CallType(calls.ContactsRemove, answers.Removed, "owner"),
    "contacts.show": CallType(calls.ContactsShow, answers.Kept, "agent"),
    "contacts.autonomy": CallType(calls.ContactsAutonomy, answers.Kept, "owner"),
    "contacts.note": CallType(calls.ContactsNote, answers.Kept, "owner"),
    "approvals.list": CallType(calls.ApprovalsList, answers.Approvals, "owner"),
    "approvals.show": CallType(calls.ApprovalsShow, answers.Approved, "owner"),
    "approvals.approve": CallType(calls.ApprovalsApprove, answers.Approved, "owner"),
    "approvals.deny": CallType(calls.ApprovalsDeny, answers.Approved, "owner"),
    "grants.list": CallType(calls.GrantsList, answers.Grants, "owner"),
    "grants.give": CallType(calls.GrantsGive, answers.Granted, "owner"),
    "grants.revoke": CallType(calls.GrantsRevoke, answers.Granted, "owner"),
    "grants.ask": CallType(calls.GrantsAsk, answers.Asked, "owner"),
    "introduce": CallType(calls.Introduce, answers.Asked, "owner"),
    "introductions.list": CallType(calls.IntroductionsList, answers.Introductions, "owner"),
    "invites.make": CallType(calls.InvitesMake, answers.Invited, "owner"),
    "invites.list": CallType(calls.InvitesList, answers.Invites, "owner"),
    "invites.revoke": CallType(calls.InvitesRevoke, answers.Invited, "owner"),
    "join": CallType(calls.Join, answers.Joining, "owner"),
    "verify": CallType(calls.Verify, answers.SafetyNumber, "owner"),
    "transcripts.list": CallType(calls.TranscriptsList, answers.Transcripts, "owner"),
    "transcripts.show": CallType(calls.TranscriptsShow, answers.Transcript, "owner"),
    "transcripts.read": CallType(calls.TranscriptsRead, answers.TranscriptPage, "owner"),
    "transcripts.search": CallType(calls.TranscriptsSearch, answers.Hits, "owner"),
    "transcripts.erase": CallType(calls.TranscriptsErase, answers.TranscriptErased, "owner"),
    "transcripts.keys": CallType(calls.TranscriptsKeys, answers.TranscriptKey, "owner"),
    "audit.verify": CallType(calls.AuditVerify, answers.AuditReport, "owner"),
    "audit.head": CallType(calls.AuditHead, answers.AuditHead, "owner"),
    "audit.show": CallType(calls.AuditShow, answers.AuditRecords, "owner"),
    "audit.export": CallType(calls.AuditExport, answers.AuditLines, "owner"),
    "audit.seal": CallType(calls.AuditSeal, answers.AuditSealed, "owner"),
    "backup": CallType(calls.Backup, answers.BackedUp, "owner"),
    "receipts.list": CallType(calls.ReceiptsList, answers.Receipts, "owner"),
    "receipts.show": CallType(calls.ReceiptsShow, answers.Receipt, "owner"),
    "files.send": CallType(calls.FilesSend, answers.OneFile, "agent"),
    "files.list": CallType(calls.FilesList, answers.Files, "agent"),
    "files.show": CallType(calls.FilesShow, answers.OneFile, "owner"),
    "files.accept": CallType(calls.FilesAccept, answers.OneFile, "agent"),
    "files.refuse": CallType(calls.FilesRefuse, answers.OneFile, "agent"),
    "files.cancel": CallType(calls.FilesCancel, answers.OneFile, "owner"),
    "logs": CallType(calls.Logs, answers.Logs, "owner"),
    "probe": CallType(calls.Probe, answers.Probed, "owner"),
    "ping": CallType(calls.Ping, answers.Pinged, "owner"),
    "acquaintances.add": CallType(calls.AcquaintancesAdd, answers.AcquaintancesAdded, "owner"),
    "acquaintances.list": CallType(calls.AcquaintancesList, answers.Acquaintances, "owner"),
    "acquaintances.bind": CallType(calls.AcquaintancesBind, answers.Kept, "owner"),
}

NAMES: dict[type[calls.Request[Any]], str] = {row.request: name for name, row in REQUESTS.items()}
