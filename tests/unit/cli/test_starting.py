"""Starting a program and hearing how it went."""

import asyncio
import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from agentmesh.cli import starting
from agentmesh.errors import IntegrityError, TimedOut, TransportError, UsageError
from tests.architecture.tree import ROOT
from tests.support.patience import until

FAKE = "tests.support.fake_daemon"


def start(home: Path, how: str, *arguments: str) -> dict[str, object]:
    environment = {**os.environ, "FAKE_DAEMON": how, "PYTHONPATH": str(ROOT)}
    return starting.start(FAKE, arguments, home, environment)


@pytest.mark.slow
def test_the_report_comes_back_and_the_log_is_private(tmp_path: Path) -> None:
    report = start(tmp_path / "home", "keys", "--keygen")
    assert report["created"] is True
    log = tmp_path / "home" / "logs" / "daemon.log"
    assert log.read_text().startswith("arguments: --keygen --ready-fd ")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    for directory in (tmp_path / "home", log.parent):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "error", "code"),
    [
        ("error", UsageError, "invalid_url"),
        ("mute", IntegrityError, "start_failed"),
        ("nonsense", TransportError, "start_failed"),
        ("dies", TransportError, "start_failed"),
    ],
)
def test_a_start_that_fails_says_why(
    tmp_path: Path, how: str, error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as caught:
        start(tmp_path, how)
    assert caught.value.code == code  # type: ignore[attr-defined]
    if how == "dies":
        assert "Its last words: arguments:" in str(caught.value)


@pytest.mark.slow
def test_a_program_that_never_gets_ready_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "READY_SECONDS", 0.01)
    with pytest.raises(TimedOut):
        start(tmp_path, "serves")


@pytest.mark.slow
def test_a_program_that_nobody_waits_for_any_more_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "daemon.log"

    async def begun() -> None:
        await until(lambda: log.exists() and log.read_text().endswith("\n"))

    def interrupt() -> None:
        asyncio.run(begun())
        os.kill(os.getpid(), signal.SIGINT)

    presses = threading.Thread(target=interrupt)
    presses.start()
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path, "silent")
    presses.join()
    pid = int(log.read_text().split()[1])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_nothing_is_imported_from_where_we_stand() -> None:
    assert starting.command_line("agentmesh.daemon", ["--x"])[1:] == [
        "-P", "-m", "agentmesh.daemon", "--x",
    ]  # fmt: skip


def test_an_error_keeps_its_kind() -> None:
    told = {"code": "disk_full", "message": "Full.", "hint": "Make room.", "kind": "storage"}
    error = starting.error_in(told)
    assert isinstance(error, IntegrityError)
    assert (error.code, error.hint) == ("disk_full", "Make room.")
