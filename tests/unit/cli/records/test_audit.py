"""audit."""

import hashlib
from pathlib import Path

import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

HEAD = f"3:{'a' * 64}"
RECORD = {"seq": 1, "time": "T", "event": "message_sent", "fields": {"peer": BOB}, "prev": "x"}


def report(*problems: answers.AuditProblem, lost: int = 0) -> answers.AuditReport:
    return answers.AuditReport(
        whole=not problems, lines=3, files=1, start=7, head=HEAD, problems=list(problems),
        waiting=lost, lost=lost,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [("audit",), ("audit", "show")])
def test_the_last_lines_are_shown(mesh: Shell, script: Script, arguments: tuple[str, ...]) -> None:
    script.answers["audit.show"] = answers.AuditRecords(records=[RECORD, {"event": "a\x1bb"}])
    out = mesh(*arguments).out
    assert out.splitlines()[0] == f"T  message_sent  peer={BOB}"
    assert "\x1b" not in out
    assert mesh(*arguments, "--json").document["records"][0] == RECORD


def test_lines_can_be_chosen(mesh: Shell, script: Script) -> None:
    script.answers["audit.show"] = answers.AuditRecords(records=[])
    arguments = ("--kind", "error", "--kind", "x", "--peer", "bob", "--since", "2026-01-31")
    assert mesh("audit", "show", *arguments, "--limit", "5").out == "No records.\n"
    assert script.asked[0][1] == calls.AuditShow(
        kinds=("error", "x"), peer="bob", since="2026-01-31T00:00:00.000Z", limit=5
    )
    assert mesh("audit", "show", "--since", "soon").code == 2


def test_a_whole_log_is_a_sentence_and_its_head(mesh: Shell, script: Script) -> None:
    script.answers["audit.verify"] = report(lost=2)
    said = mesh("audit", "verify", "--expect", HEAD)
    assert said.code == 0
    assert HEAD in said.out
    assert "first 7 lines" in said.out
    assert "2 facts found no room" in said.out
    assert script.asked[0][1] == calls.AuditVerify(expect=HEAD)


def test_damage_is_named_with_file_and_line_and_exit_code_8(mesh: Shell, script: Script) -> None:
    problem = answers.AuditProblem(file="audit-1.jsonl", line=2, what="edited")
    script.answers["audit.verify"] = report(*[problem] * 30)
    said = mesh("audit", "verify")
    assert said.code == 8
    assert "audit-1.jsonl, line 2: changed since it was written" in said.err
    assert "and 10 more" in said.err
    told = mesh("audit", "verify", "--json").document
    assert (told["ok"], told["error"]["code"], told["whole"]) == (False, "audit_damaged", False)
    assert len(told["problems"]) == 30


def test_the_head_alone_is_printed(mesh: Shell, script: Script) -> None:
    script.answers["audit.head"] = answers.AuditHead(head=HEAD)
    assert mesh("audit", "head").out == HEAD + "\n"


def test_an_export_is_put_together_page_by_page(
    mesh: Shell, script: Script, tmp_path: Path
) -> None:
    pages = [
        answers.AuditLines(lines=["one\n"], next="p", up_to=9),
        answers.AuditLines(lines=["two\n"], next="", up_to=9),
    ]
    script.answers["audit.export"] = lambda asked: pages[bool(asked.place)]
    digest = "a" * 64
    script.answers["audit.seal"] = lambda asked: answers.AuditSealed(
        line="sealed\n", lines=2, whole=False, sha256=digest
    )
    file = tmp_path / "export"
    assert "changed meanwhile" in mesh("audit", "export", "--output", str(file)).err
    assert not file.exists()
    digest = hashlib.sha256(b"one\ntwo\n").hexdigest()
    said = mesh("audit", "export", "--output", str(file), "--kind", "error")
    assert file.read_text() == "one\ntwo\nsealed\n"
    assert "damaged" in said.out
    assert script.asked[-1][1] == calls.AuditSeal(kinds=("error",), up_to=9)
    assert script.asked[-2][1] == calls.AuditExport(kinds=("error",), place="p", up_to=9)
    assert mesh("audit", "export", "--output", str(file)).code == 2
