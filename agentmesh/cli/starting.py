"""Starting the daemon's program and hearing from it whether it is ready.

The program gets a file descriptor by `--ready-fd` and writes one JSON line to it: `{"ready": true,
...}`, or `{"ok": false, "error": {...}}` and ends.
"""

import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.cli.passphrase import handed_in
from agentmesh.control import failures, places
from agentmesh.control.failures import Detail, Failure
from agentmesh.errors import AgentMeshError, IntegrityError, TimedOut, TransportError
from agentmesh.observability.world import SystemClock

READY_SECONDS = 20.0
_MAX_REPORT = 64 * 1024


def command_line(module: str, arguments: Sequence[str]) -> list[str]:
    """Return a program of ours; nothing is imported from the directory we happen to be in."""
    return [sys.executable, "-P", "-m", module, *arguments]


def start(
    module: str, arguments: Sequence[str], home: Path, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Start the program so that it outlives us; return its report, or raise what it reports.

    It is told the home by the environment, so that its arguments tell nobody anything.
    """
    places.private_directory(home)
    places.private_directory(home / "logs")
    log = home / "logs" / "daemon.log"
    receive, tell = os.pipe()
    try:
        opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command_line(module, [*arguments, "--ready-fd", str(tell)]),
                stdin=subprocess.DEVNULL,
                stdout=opened,
                stderr=opened,
                pass_fds=(tell, *handed_in(environment)),
                start_new_session=True,
                env={**environment, "AGENTMESH_HOME": str(home)},
            )
        finally:
            os.close(opened)
            os.close(tell)
        try:
            report = _read_report(receive)
        except BaseException:  # Ctrl-C: nobody would know of a daemon that gets ready later
            _end(process)
            raise
    finally:
        os.close(receive)
    return _judge(report, process, log)


def _read_report(receive: int) -> bytes | None:
    """Return the line, what came of it before the program ended, or None when time is over."""
    clock = SystemClock()
    until = clock.monotonic() + READY_SECONDS
    heard = b""
    while b"\n" not in heard and len(heard) < _MAX_REPORT:
        left = until - clock.monotonic()
        if left <= 0 or not select.select([receive], [], [], left)[0]:
            return None
        chunk = os.read(receive, 4096)
        if not chunk:
            break
        heard += chunk
    return heard


def _judge(report: bytes | None, process: "subprocess.Popen[bytes]", log: Path) -> dict[str, Any]:
    if report is None:
        _end(process)
        raise TimedOut(
            "start_timed_out",
            f"The daemon was not ready within {READY_SECONDS:.0f} s.{last_words(log)}",
            f"Look into {log}.",
        )
    try:
        told = msgspec.json.decode(report, type=dict[str, Any])
    except ValueError:
        _reap(process)
        raise TransportError(
            "start_failed",
            f"The daemon ended before it was ready.{last_words(log)}",
            f"Look into {log}.",
        ) from None
    if told.get("ready") is True:
        process.returncode = 0  # it is to outlive us: nobody waits for it
        return told
    _reap(process)
    raise error_in(told.get("error"))


def error_in(told: object) -> AgentMeshError:
    """Return the error that a startup report tells about."""
    words = {key: str(it) for key, it in told.items()} if isinstance(told, dict) else {}
    if not words.get("code"):
        return IntegrityError("start_failed", "The daemon did not say why it cannot start.")
    detail = Detail(words["code"], words.get("hint", ""), words.get("kind", "usage"))
    return failures.error_in(Failure(0, words.get("message", words["code"]), detail))


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    _reap(process)


def _reap(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def last_words(log: Path) -> str:
    """Return the log's last line: the daemon's logs hold facts and no secrets."""
    try:
        with log.open("rb") as lines:
            lines.seek(max(0, log.stat().st_size - 2000))
            told = lines.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f" Its last words: {told[-1][:300]}" if told else ""
