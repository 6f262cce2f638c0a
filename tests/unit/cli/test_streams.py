"""What a shell may hand in as stdin, stdout and stderr, and Ctrl-C at the worst moment."""

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agentmesh.cli import main, streams
from agentmesh.control import answers
from tests.support.control_server import Script, serving
from tests.support.patience import PATIENCE
from tests.unit.cli.conftest import Shell

FULL = Path("/dev/full")
CLI = [sys.executable, "-m", "agentmesh.cli"]


def said(tmp_path: Path, arguments: str, shell: str) -> subprocess.CompletedProcess[str]:
    """Run a command with redirections of the shell's."""
    return subprocess.run(
        ["sh", "-c", f'"$0" -m agentmesh.cli {arguments} {shell}', sys.executable],
        env={**os.environ, "AGENTMESH_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a full device")
@pytest.mark.parametrize("arguments", ["doctor", "doctor --json", "--help", "completion bash"])
def test_an_answer_that_cannot_be_written_is_told_on_stderr(tmp_path: Path, arguments: str) -> None:
    done = said(tmp_path, arguments, "> /dev/full")
    assert done.returncode == 8
    assert done.stderr == "Error: Reading or writing failed: No space left on device.\n"


@pytest.mark.slow
def test_streams_that_are_not_there_are_no_trouble(tmp_path: Path) -> None:
    for shell in (">&-", ">&- 2>&-", "<&- >&- 2>&-"):
        done = said(tmp_path, "doctor", shell)
        assert (done.returncode, done.stderr) == (0, "")
    done = said(tmp_path, "status --json", "2>&-")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "not_running"


def test_an_error_of_the_system_is_a_sentence(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/root/x")

    monkeypatch.setattr(main.cli, "invoke", invoke)
    document = shell("status", "--json").document
    assert document["error"]["message"] == "/root/x: Permission denied."
    assert streams.failure(OSError("odd")).message.endswith("no reason is known.")


@pytest.mark.slow
def test_an_interrupt_while_it_loads_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("print(1, flush=True)\nimport time\ntime.sleep(20)\n")
    with subprocess.Popen(
        [*CLI, "status"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (-signal.SIGINT, b"")


def test_a_daemon_of_another_version_is_what_is_wrong(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(*_: object) -> None:
        raise main.UsageError("unknown_call", "There is no call 'audit.show'.")

    monkeypatch.setattr(main.cli, "invoke", invoke)
    assert "agentmesh down && agentmesh up" in shell("status").err


@pytest.mark.slow
def test_what_goes_on_ends_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "daemon.log"
    log.parent.mkdir()
    log.write_text("a line\n")
    hang_up_on(tmp_path, "logs", said=b"a line\n")


@pytest.mark.slow
def test_events_end_when_nobody_reads_them_though_none_comes(tmp_path: Path) -> None:
    async def one(_: object) -> AsyncIterator[answers.Event]:
        yield answers.Event(kind="paused", at="2026-01-31T12:00:00.000Z")
        await asyncio.Event().wait()

    with serving(tmp_path, Script(events__subscribe=one)):
        hang_up_on(tmp_path, "events", said=b"2026-01-31T12:00:00.000Z  paused  \n")


def hang_up_on(home: Path, command: str, said: bytes) -> None:
    """Read one line of what is followed, and no more."""
    following = subprocess.Popen(
        [*CLI, command, "--follow"],
        env={**os.environ, "AGENTMESH_HOME": str(home)},
        stdout=subprocess.PIPE,
    )
    assert following.stdout is not None
    with following.stdout:
        assert following.stdout.readline() == said
    assert following.wait(PATIENCE) == streams.BROKEN_PIPE
