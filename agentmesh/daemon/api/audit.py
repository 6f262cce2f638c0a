"""Control calls about the audit log: whether it is whole, what it says, and handing it out."""

import asyncio
import re

import msgspec

from agentmesh.control import answers, calls
from agentmesh.daemon.records import Records
from agentmesh.errors import StorageError, UsageError
from agentmesh.observability.audit_export import seal_line, vouch
from agentmesh.observability.audit_line import Head, Marks
from agentmesh.observability.audit_select import Choice, Page, newest, page
from agentmesh.observability.audit_verify import Report, verify
from agentmesh.protocol.signed import Purpose
from agentmesh.protocol.times import from_text, to_text

Permit = calls.Permit
_HEAD = re.compile(r"(\d{1,16}):([0-9a-f]{64})", re.ASCII)


async def audit_verify(
    records: Records, asked: calls.AuditVerify, _: Permit
) -> answers.AuditReport:
    """Examine the log on the disk."""
    expected = [parse_head(asked.expect)] if asked.expect else []
    standing = await records.standing()
    report = await asyncio.to_thread(_examined, records, [*expected, standing.head])
    return answers.AuditReport(
        whole=report.is_whole,
        lines=report.lines,
        files=report.files,
        start=report.start.seq,
        head=head_text(report.head),
        problems=[
            answers.AuditProblem(file=it.file, line=it.line, what=it.what)
            for it in report.problems
            if it.what != "torn"
        ],
        waiting=standing.waiting,
        lost=standing.lost,
    )


async def audit_head(records: Records, _: calls.AuditHead, __: Permit) -> answers.AuditHead:
    """Tell where the chain stands, all that happened until now included."""
    return answers.AuditHead(head=head_text((await records.standing()).head))


async def audit_show(records: Records, asked: calls.AuditShow, _: Permit) -> answers.AuditRecords:
    """Read the last of the chosen lines."""
    choice = await _choice(records, asked)
    await records.standing()
    found = await asyncio.to_thread(
        newest, records.logs, Marks(records.audit_key), choice, asked.limit
    )
    return answers.AuditRecords(records=[msgspec.to_builtins(line) for line in found])


async def audit_export(records: Records, asked: calls.AuditExport, _: Permit) -> answers.AuditLines:
    """Read on from a place."""
    up_to = asked.up_to or (await records.standing()).head.seq
    choice = msgspec.structs.replace(await _choice(records, asked), up_to=up_to)
    bounds = (asked.place, asked.limit)
    found: Page = await asyncio.to_thread(
        page, records.logs, Marks(records.audit_key), choice, bounds
    )
    lines = [chosen.raw.decode() for chosen in found.chosen]
    return answers.AuditLines(lines=lines, next=found.next, up_to=up_to)


async def audit_seal(records: Records, asked: calls.AuditSeal, _: Permit) -> answers.AuditSealed:
    """Sign the chosen lines."""
    choice = msgspec.structs.replace(await _choice(records, asked), up_to=asked.up_to)
    who = (records.identity.amid, records.clock.now())
    document = await asyncio.to_thread(vouch, records.logs, records.audit_key, choice, who)
    signed = records.identity.sign(document, Purpose.AUDIT_EXPORT)
    return answers.AuditSealed(
        line=seal_line(signed).decode(),
        lines=document.lines,
        whole=document.is_whole,
        sha256=document.sha256.hex(),
    )


def head_text(head: Head) -> str:
    """Return a head as the owner keeps it: `<number>:<hash>`."""
    return f"{head.seq}:{head.hash}"


def parse_head(text: str) -> Head:
    """Return a head that an owner kept."""
    match = _HEAD.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            "invalid_head", "A head is a number, a colon and 64 hex digits.", "agentmesh audit head"
        )
    return Head(int(match[1]), match[2])


def _examined(records: Records, expected: list[Head]) -> Report:
    try:
        return verify(records.logs, records.audit_key, *expected)
    except OSError as error:
        raise StorageError(
            "audit_unreadable", f"The audit log cannot be read: {error.strerror}."
        ) from None


async def _choice(
    records: Records, asked: calls.AuditShow | calls.AuditExport | calls.AuditSeal
) -> Choice:
    return Choice(
        kinds=asked.kinds,
        peer=await records.peer(asked.peer) or "",
        since=_time(asked.since),
        until=_time(asked.until),
    )


def _time(text: str) -> str:
    """Return a time as lines have it."""
    try:
        return to_text(from_text(text)) if text else ""
    except (ValueError, OverflowError):
        raise UsageError("invalid_time", f"{text!r} is no time as RFC 3339 has it.") from None
