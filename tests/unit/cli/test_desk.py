"""Where answers are written."""

import io
import json
import sys

import pytest

from agentmesh.cli.desk import Desk, note, say
from agentmesh.errors import NeedsOwner

SLY = "\x9b31m\u202eevil"


class Terminal(io.StringIO):
    """A stdout that people look at."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_json_leaves_ok_in_front(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk(as_json=True)
    desk.write_raw(b'{"a":1}')
    desk.write_raw(b"{}")
    desk.write_raw(b"{ }", ok=False)
    assert capsys.readouterr().out == '{"ok":true,"a":1}\n{"ok":true}\n{"ok":false}\n'


def test_an_error_keeps_what_else_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    error = NeedsOwner("awaiting_owner", "Wait.", "Ask.")
    Desk(as_json=True).fail(error, message_id="m1")
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "error": {"code": "awaiting_owner", "message": "Wait.", "hint": "Ask."},
        "message_id": "m1",
    }


def test_json_on_a_terminal_is_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    Desk(as_json=True).answer({"text": SLY}, "")
    assert terminal.getvalue().isascii()
    assert json.loads(terminal.getvalue())["text"] == SLY


def test_json_in_a_pipe_is_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    Desk(as_json=True).answer({"text": SLY}, "")
    assert SLY in capsys.readouterr().out


def test_no_terminal_obeys_what_people_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"one {SLY}\n  two")
    note(SLY)
    Desk(as_json=False).fail(NeedsOwner("awaiting_owner", SLY, SLY))
    out, err = capsys.readouterr()
    assert out.splitlines() == ["one \ufffd31m\ufffdevil", "  two"]
    assert all(line.isprintable() for line in err.splitlines())
    assert err.count("evil") == 3
