"""Finding commands, and ending orderly."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.cli import main
from tests.support import control_server
from tests.support.control_server import ALICE, Script
from tests.unit.cli.conftest import Shell

PROMISED = (
    "bench "
    "keygen up down daemon status send inbox read reply search knocks sessions kill pause "
    "resume block unblock shutdown emergency-stop breakers policy contacts verify "
    "transcripts logs events tool mcp demo doctor approvals outcome grants introduce "
    "invite invites join netcheck ping bugreport import completion schemas service "
    "verify-me org reputation rate audit receipt files backup restore dashboard "
    "registry revoke rotate"
)


def test_the_commands_are_those_of_the_contract() -> None:
    assert set(main.COMMANDS) == set(PROMISED.split())


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_helps_and_takes_json(shell: Shell, name: str) -> None:
    said = shell(name, "--help")
    assert said.code == 0
    assert "--json" in said.out


@pytest.mark.parametrize(
    "arguments", [("--json", "status"), ("status", "--json"), ("--json", "status", "--json")]
)
def test_json_may_stand_anywhere(mesh: Shell, script: Script, arguments: tuple[str, ...]) -> None:
    script.answers["status"] = control_server.status()
    said = mesh(*arguments)
    assert said.code == 0
    assert list(said.document)[:2] == ["ok", "amid"]
    assert said.document["amid"] == ALICE


def test_behind_two_dashes_json_is_a_word(mesh: Shell, script: Script) -> None:
    script.answers["send"] = control_server.sent()
    said = mesh("send", "bob", "--", "--json")
    assert said.code == 0
    assert said.out == "queued  m2\n"
    assert script.asked[0][1].body == "--json"


def test_a_misspelt_command_is_guessed(shell: Shell) -> None:
    said = shell("statsu")
    assert (said.code, said.out) == (2, "")
    assert "Did you mean `agentmesh status`?" in said.err


def test_a_command_that_is_hardly_alike_is_not_suggested(shell: Shell) -> None:
    assert shell("frobnicate").err.splitlines()[1:] == ["See `agentmesh --help`."]
    assert shell("--json", "xyzzy").document["error"]["code"] == "unknown_command"


@pytest.mark.parametrize(
    "arguments",
    [
        ("send",),
        ("send", "bob"),
        ("send", "bob", "hi", "--wait", "601"),
        ("send", "bob", "hi", "--wait", "soon"),
        ("send", "bob", "hi", "--typo"),
        ("inbox", "--limit", "0"),
        ("knocks", "aprove", "k1"),
        ("contacts", "trust", "bob", "4"),
        ("--typo",),
        (),
    ],
)
def test_wrong_usage_is_code_2(shell: Shell, arguments: tuple[str, ...]) -> None:
    said = shell(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err
    said = shell("--json", *arguments)
    assert said.code == 2
    assert said.document["ok"] is False
    assert set(said.document["error"]) == {"code", "message", "hint"}


def test_help_as_json_is_one_document(shell: Shell) -> None:
    assert "Usage" in shell("--json", "--help").document["text"]
    assert "0.3.0" in shell("--version", "--json").document["text"]


def test_without_a_daemon_the_code_is_3(shell: Shell) -> None:
    said = shell("status")
    assert (said.code, said.out) == (3, "")
    assert said.err == "Error: The daemon is not running.\nRun `agentmesh up`.\n"
    assert shell("status", "--json").document == {
        "ok": False,
        "error": {
            "code": "not_running",
            "message": "The daemon is not running.",
            "hint": "Run `agentmesh up`.",
        },
    }


def raising(error: BaseException) -> Callable[..., None]:
    def status(*given: object) -> None:
        raise error

    return status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (EOFError(), 130),
        (BrokenPipeError(), 141),
        (ValueError("secret"), 70),
        (RecursionError(), 70),
    ],
)
def test_no_ending_is_a_traceback(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    monkeypatch.setattr(main.cli, "invoke", raising(error))
    said = shell("status", "--json")
    assert said.code == code
    assert "secret" not in said.out + said.err
    if code == 70:
        assert said.document["error"]["code"] == "internal_error"
    else:
        assert said.out + said.err == ""


@pytest.mark.slow
def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "agentmesh.cli", "doctor"],
            stdout=write,
            stderr=subprocess.PIPE,
            env={**os.environ, "AGENTMESH_HOME": str(tmp_path)},
            check=False,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


HEAVY = ["asyncio", "aiohttp", "picows", "nacl", "cryptography", "sqlite3", "jsonschema", "ssl"]


@pytest.mark.slow
def test_a_short_command_loads_nothing_heavy(mesh: Shell, script: Script) -> None:
    # How long it takes is `benchmarks/cli.py`'s to say; this is what makes it short.
    script.answers["status"] = control_server.status()
    program = (
        "import sys\nfrom agentmesh.cli import main\n"
        f"main.run(['status', '--json'])\nprint([it for it in {HEAVY} if it in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "AGENTMESH_HOME": str(mesh.home)},
        check=True,
    )
    answer, loaded = done.stdout.splitlines()
    assert answer.startswith('{"ok":true,"amid":')
    assert loaded == "[]"
