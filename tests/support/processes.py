"""Real programs, as processes of their own.

    with running("agentmesh_relay", "--listen", "127.0.0.1:0", "--data", tmp_path) as relay:
        url = relay.said("listening on ")

Calls block for a bounded time; the program goes on meanwhile, whatever the test's loop does.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agentmesh.observability.world import SystemClock
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
_PYTHONPATH = os.pathsep.join(
    str(ROOT / folder) for folder in (".", "services/relay", "services/registry")
)
_clock = SystemClock()


class Program:
    """A process that we started, and all that it has said (stdout and stderr together)."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._has_ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def output(self) -> str:
        """All it has said so far."""
        with self._news:
            return "".join(self._lines)

    def said(self, start: str, timeout: float = PATIENCE) -> str:
        """Return what follows `start` in the first line that begins with it; wait for that line."""
        until = _clock.monotonic() + timeout
        with self._news:
            while True:
                for line in self._lines:
                    if line.startswith(start):
                        return line.removeprefix(start).strip()
                left = until - _clock.monotonic()
                if self._has_ended or left <= 0:
                    heard = "".join(self._lines)
                    raise AssertionError(f"it never said {start!r}, but:\n{heard}")
                self._news.wait(left)

    def kill(self) -> None:
        """End it as a power cut would: no signal handler, no flush."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.ended()

    def terminate(self, timeout: float = PATIENCE) -> int:
        """Ask it to end, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.ended(timeout)

    def ended(self, timeout: float = PATIENCE) -> int:
        """Wait until it has ended, and return its exit code."""
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._has_ended = True
            self._news.notify_all()


def start(module: str, *arguments: object, env: Mapping[str, str] | None = None) -> Program:
    """Start `python -m module arguments…`; `env` is added to our own environment."""
    return launch(sys.executable, "-m", module, *arguments, env=env)


def launch(*command: object, env: Mapping[str, str] | None = None) -> Program:
    """Start a program of any kind."""
    process = subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": _PYTHONPATH, "PYTHONUNBUFFERED": "1", **(env or {})},
    )
    return Program(process)


@contextmanager
def running(
    module: str, *arguments: object, env: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Start a program, and make sure that it is gone afterwards."""
    program = start(module, *arguments, env=env)
    try:
        yield program
    finally:
        program.kill()
