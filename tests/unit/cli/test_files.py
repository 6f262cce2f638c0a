"""files, and send --file."""

from pathlib import Path

import pytest

from agentmesh.control import answers, calls
from agentmesh.errors import UsageError
from tests.support.control_server import Script
from tests.unit.cli.conftest import Shell
from tests.unit.cli.test_progress import now

ASKING = answers.OneFile(file=now(state="asking", direction="in", name="x\x1b]0;y.pdf"))


@pytest.mark.parametrize("arguments", [("files",), ("files", "list")])
def test_files_are_listed(mesh: Shell, script: Script, arguments: tuple[str, ...]) -> None:
    script.answers["files.list"] = answers.Files(files=[ASKING.file, now()])
    said = mesh(*arguments)
    assert "waiting for you to accept" in said.out
    assert "6 s left" in said.out
    assert "\x1b" not in said.out
    assert mesh(*arguments, "--json").document["files"][1]["eta_seconds"] == 6.0


def test_no_files_are_said(mesh: Shell, script: Script) -> None:
    script.answers["files.list"] = answers.Files(files=[])
    assert mesh("files").out == "No files.\n"


@pytest.mark.parametrize("decision", ["accept", "refuse", "cancel", "show"])
def test_the_owner_decides(mesh: Shell, script: Script, decision: str) -> None:
    script.answers[f"files.{decision}"] = ASKING
    said = mesh("files", decision, "f1")
    assert said.code == 0
    assert "transfer" in said.out
    assert "\x1b" not in said.out
    assert script.asked[0][1].id == "f1"
    assert mesh("files", decision, "f1", "--json").document["file"]["state"] == "asking"


def sent(script: Script, tmp_path: Path, **changed: object) -> Path:
    script.answers["files.send"] = answers.OneFile(file=now(state="preparing", done=0))
    script.answers["files.show"] = answers.OneFile(file=now(**changed))
    path = tmp_path / "a.pdf"
    path.write_bytes(b"words")
    return path


def test_a_file_is_sent_at_once_without_a_wait(mesh: Shell, script: Script, tmp_path: Path) -> None:
    path = sent(script, tmp_path)
    document = mesh("send", "bob", "--file", str(path), "--json").document
    assert (document["outcome"], document["transfer_id"]) == ("queued", "f1")
    assert script.asked[0][1] == calls.FilesSend(to="bob", path=str(path.resolve()))


def test_who_waits_sees_it_arrive(mesh: Shell, script: Script, tmp_path: Path) -> None:
    path = sent(script, tmp_path, state="done", done=4096)
    said = mesh("send", "bob", "--file", str(path), "--wait", "9")
    assert said.out.startswith("delivered  f1")
    assert "reading the file" in said.err
    document = mesh("send", "bob", "--file", str(path), "--wait", "9", "--json").document
    assert (document["outcome"], document["bytes"], document["done"]) == ("delivered", 4096, 4096)
    assert all(0 < it[1].wait < 1 for it in script.asked if it[0] == "files.show")


def test_time_that_is_over_is_no_failure(mesh: Shell, script: Script, tmp_path: Path) -> None:
    path = sent(script, tmp_path)
    document = mesh("send", "bob", "--file", str(path), "--wait", "0", "--json").document
    assert document["timed_out"] is True
    assert document["outcome"] == "queued"


@pytest.mark.parametrize("state", ["refused", "cancelled", "failed"])
def test_what_came_to_nothing_is_a_failure(
    mesh: Shell, script: Script, tmp_path: Path, state: str
) -> None:
    path = sent(script, tmp_path, state=state, reason="too_large")
    said = mesh("send", "bob", "--file", str(path), "--wait", "9", "--json")
    assert said.code == 5
    assert said.document["error"]["code"] == "too_large"
    assert said.document["transfer_id"] == "f1"


def test_a_text_goes_along(mesh: Shell, script: Script, tmp_path: Path) -> None:
    script.answers["send"] = answers.Sent(message_id="m1", session_id="s1", outcome="queued")
    path = sent(script, tmp_path)
    document = mesh("send", "bob", "see this", "--file", str(path), "--json").document
    assert document["message"]["message_id"] == "m1"
    assert [name for name, *_ in script.asked] == ["send", "files.send"]


def test_a_link_is_followed_where_it_was_named(mesh: Shell, script: Script, tmp_path: Path) -> None:
    path = sent(script, tmp_path)
    (tmp_path / "link").symlink_to(path)
    mesh("send", "bob", "--file", str(tmp_path / "link"))
    assert script.asked[0][1].path == str(path.resolve())


def test_what_is_not_there_is_said_before_anybody_is_asked(
    mesh: Shell, script: Script, tmp_path: Path
) -> None:
    assert mesh("send", "bob", "--file", str(tmp_path / "none")).code == 2
    assert mesh("send", "bob").code == 2
    assert mesh("send", "bob", "x", "--wait", "601").code == 2
    assert script.asked == []
    script.answers["files.show"] = UsageError("unknown_file", "None.")
    assert mesh("files", "show", "none").code == 2
