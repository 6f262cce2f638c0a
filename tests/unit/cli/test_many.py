"""`send --lines`: each line is a message, and none is lost or sent twice unnoticed."""

import io
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from agentmesh.cli import many
from agentmesh.control import answers, calls, places, rpc
from agentmesh.errors import AgentMeshError, Refused, TransportError, UsageError
from tests.support import control_server
from tests.support.control_server import Script
from tests.support.patience import PATIENCE
from tests.unit.cli.conftest import Shell


@pytest.fixture
def script(script: Script) -> Script:
    script.answers["send.all"] = keep
    return script


def keep(asked: calls.SendAll) -> answers.SentAll:
    sent = [control_server.sent(message_id=f"id of {body}") for body in asked.bodies]
    return answers.SentAll(messages=sent)


def said_to(script: Script) -> list[object]:
    asked: list[Any] = [request for _, request, _ in script.asked]
    return [body for request in asked for body in request.bodies]


def written(place: Path, *lines: str) -> str:
    path = place / "lines"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def test_every_line_is_sent_as_a_text_in_its_order(
    mesh: Shell, script: Script, tmp_path: Path
) -> None:
    path = written(tmp_path, "hello", "", '{"a": 1}', "-")
    said = mesh("send", "bob", "--lines", path, "--intent", "travel", "--note", "hi", "--json")
    assert said.document == {
        "ok": True, "kept": 3, "last_line": 4,
        "message_ids": ["id of hello", 'id of {"a": 1}', "id of -"],
    }  # fmt: skip
    assert script.asked[0][1] == calls.SendAll(
        to="bob", bodies=["hello", '{"a": 1}', "-"], intent="travel", note="hi"
    )
    said = mesh("send", "bob", "--lines", path)
    assert (said.code, said.out) == (0, "3 messages are kept, up to line 4.\n")


def test_a_dash_is_stdin_and_nothing_is_nothing(
    mesh: Shell, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"one\ntwo")))
    assert mesh("send", "bob", "--lines", "-").code == 0
    assert said_to(script) == ["one", "two"]
    assert mesh("send", "bob", "--lines", "-").out == "0 messages are kept.\n"


def test_many_lines_go_in_pieces(mesh: Shell, script: Script, tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(700)]
    assert mesh("send", "bob", "--lines", written(tmp_path, *lines)).code == 0
    assert said_to(script) == lines
    assert len(script.asked) == 3


def test_who_is_refused_half_way_is_told_which_line_and_what_is_kept(
    mesh: Shell, script: Script, tmp_path: Path
) -> None:
    def refuse_later(asked: calls.SendAll) -> answers.SentAll | AgentMeshError:
        return keep(asked) if len(script.asked) % 2 else Refused("hop_limit", "Too far.", at=2)

    script.answers["send.all"] = refuse_later
    path = written(tmp_path, "", *(f"line {number}" for number in range(600)))
    said = mesh("send", "bob", "--lines", path, "--json")
    assert said.code == 5
    document = said.document
    assert document["error"] == {"code": "hop_limit", "message": "Line 259: Too far.", "hint": ""}
    assert (document["kept"], document["last_line"], document["line"]) == (256, 257, 259)
    said = mesh("send", "bob", "--lines", path)
    assert said.err == "Error: Line 259: Too far.\n256 messages are kept, up to line 257.\n"


def test_what_stands_before_a_line_that_is_no_text_is_kept(
    mesh: Shell, script: Script, tmp_path: Path
) -> None:
    (tmp_path / "lines").write_bytes(b"one\ntwo\n\xff\nfour\n")
    said = mesh("send", "bob", "--lines", str(tmp_path / "lines"))
    assert said.code == 2
    assert said.err.startswith("Error: Line 3: This is not UTF-8 text.\n2 messages are kept")
    assert said_to(script) == ["one", "two"]


@contextmanager
def ending(home: Path) -> Iterator[None]:
    """Serve a daemon that keeps one piece, and ends while it has the next one."""
    path = places.socket_in(home)
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            dialled, _ = listening.accept()
            with dialled, dialled.makefile("rb") as lines:
                asked = msgspec.json.decode(
                    rpc.read_call(lines.readline()).params, type=calls.SendAll
                )
                dialled.sendall(rpc.answer_line(1, keep(asked)))
                lines.readline()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(PATIENCE)


def test_a_daemon_that_ends_half_way_leaves_a_doubt_that_is_said(
    shell: Shell, tmp_path: Path
) -> None:
    path = written(tmp_path, *(f"line {number}" for number in range(300)))
    with ending(shell.home):
        said = shell("send", "bob", "--lines", path, "--json")
    assert said.code == 3
    document = said.document
    assert (document["kept"], document["last_line"], document["unknown_up_to_line"]) == (
        256, 256, 300,
    )  # fmt: skip


def test_a_doubt_is_said_to_people_too(shell: Shell, tmp_path: Path) -> None:
    path = written(tmp_path, *(f"line {number}" for number in range(300)))
    with ending(shell.home):
        said = shell("send", "bob", "--lines", path)
    assert "256 messages are kept, up to line 256; whether lines 257 to 300 are" in said.err


def test_nobody_doubts_where_no_daemon_runs(shell: Shell, tmp_path: Path) -> None:
    said = shell("send", "bob", "--lines", written(tmp_path, "one"), "--json")
    assert said.code == 3
    assert "unknown_up_to_line" not in said.document
    assert said.document["kept"] == 0


def test_a_piece_waits_for_room_and_not_for_ever(
    mesh: Shell, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "AGAIN_SECONDS", 0.0)
    path = written(tmp_path, "one", "two")
    full = TransportError("outbox_full", "Too many wait.")
    told: list[Any] = [full, full, keep]
    script.answers["send.all"] = lambda asked: told.pop(0) if len(told) > 1 else keep(asked)
    assert mesh("send", "bob", "--lines", path).code == 0
    script.answers["send.all"] = full
    said = mesh("send", "bob", "--lines", path)
    assert said.code == 75
    assert said.err == "Error: Too many wait.\n0 messages are kept.\n"


@pytest.mark.parametrize(
    "more", [("text",), ("--file", "a"), ("--wait", "1"), ("--budget", "1", "EUR")]
)
def test_what_does_not_go_with_lines_is_a_mistake(
    mesh: Shell, script: Script, tmp_path: Path, more: tuple[str, ...]
) -> None:
    script.answers["send.all"] = UsageError("budget_needs_request", "Only a request.")
    assert mesh("send", "bob", *more, "--lines", written(tmp_path, "one")).code == 2


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_said(mesh: Shell, tmp_path: Path, name: str) -> None:
    said = mesh("send", "bob", "--lines", str(tmp_path / name))
    assert said.code == 2
    assert str(tmp_path) in said.err
