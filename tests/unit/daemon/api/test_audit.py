"""The audit log over the control socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.control import calls
from agentmesh.daemon.api import audit as api
from agentmesh.daemon.records import Records
from agentmesh.errors import UsageError
from agentmesh.observability.audit_export import check
from agentmesh.observability.audit_line import Event
from agentmesh.protocol.ids import amid_of
from tests.support.records import US, close, records_in

BOB = amid_of(b"b" * 32)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = records_in(tmp_path)
    for number in range(3):
        records.audit().record(Event.MESSAGE_SENT, peer=BOB, number=number)
    records.audit().record(Event.ERROR)
    yield records
    close(records)


async def test_a_whole_log_is_whole_and_says_where_it_stands(records: Records) -> None:
    report = await api.audit_verify(records, calls.AuditVerify(), "owner")
    assert (report.whole, report.lines, report.files, report.start) == (True, 4, 1, 0)
    head = (await api.audit_head(records, calls.AuditHead(), "owner")).head
    assert report.head == head
    assert head.startswith("4:")


async def test_a_line_that_was_changed_is_named(records: Records) -> None:
    await records.standing()
    (file,) = records.logs.glob("audit-*.jsonl")
    file.write_bytes(file.read_bytes().replace(b'"number":1', b'"number":7'))
    report = await api.audit_verify(records, calls.AuditVerify(), "owner")
    assert not report.whole
    assert [(it.file, it.line, it.what) for it in report.problems] == [(file.name, 2, "edited")]


async def test_a_daemon_knows_its_own_head(records: Records) -> None:
    await records.standing()
    (file,) = records.logs.glob("audit-*.jsonl")
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    report = await api.audit_verify(records, calls.AuditVerify(), "owner")
    assert [it.what for it in report.problems] == ["cut_off"]


async def test_a_head_that_was_kept_elsewhere_has_to_be_there(records: Records) -> None:
    kept = calls.AuditVerify(expect=f"3:{'f' * 64}")
    report = await api.audit_verify(records, kept, "owner")
    assert [it.what for it in report.problems] == ["cut_off"]
    for text in ("3", "x:y", f"3:{'F' * 64}", f"-1:{'f' * 64}"):
        with pytest.raises(UsageError):
            await api.audit_verify(records, calls.AuditVerify(expect=text), "owner")


async def test_chosen_lines_are_shown(records: Records) -> None:
    asked = calls.AuditShow(peer=BOB, since="2027-01-15T08:00:00Z", limit=2)
    found = await api.audit_show(records, asked, "owner")
    assert [it["seq"] for it in found.records] == [2, 3]
    with pytest.raises(UsageError):
        await api.audit_show(records, calls.AuditShow(since="soon"), "owner")


async def test_what_is_handed_out_can_be_checked(records: Records, tmp_path: Path) -> None:
    text, place, up_to = "", "", 0
    while True:
        asked = calls.AuditExport(peer=BOB, place=place, up_to=up_to, limit=2)
        page = await api.audit_export(records, asked, "owner")
        text += "".join(page.lines)
        place, up_to = page.next, page.up_to
        records.audit().record(Event.MESSAGE_SENT, peer=BOB)  # not for this export any more
        if not place:
            break
    sealed = await api.audit_seal(records, calls.AuditSeal(peer=BOB, up_to=up_to), "owner")
    (tmp_path / "export").write_text(text + sealed.line)
    said = check(tmp_path / "export")
    assert (said.amid, said.lines, said.peer, said.is_whole) == (US.amid, 3, BOB, True)
