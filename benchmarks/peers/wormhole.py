"""Measure magic-wormhole on this machine: `python -m benchmarks.peers.wormhole [direct|relayed]`.

It is installed as published into an environment of its own under `.peers/`. Its mailbox server and
its transit relay are processes on loopback; so are sender and receiver, which are its own commands.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import file_plan
from benchmarks.processes import free_port, process, wait_for_port

VERSION = "0.24.0"
PACKAGES = (
    f"magic-wormhole=={VERSION}",
    "magic-wormhole-mailbox-server==0.8.0",
    "magic-wormhole-transit-relay==0.5.0",
)
HOME = Path(__file__).resolve().parents[2] / ".peers" / f"magic-wormhole-{VERSION}"
RUN_TIMEOUT = 600.0
WAYS = {"direct": (), "relayed": ("--no-listen",)}
"""Without a listening socket on either side all of it goes through the transit relay."""


def commands() -> Path:
    """Return the folder that has its commands; the first call installs it."""
    ready = HOME / ".ready"
    if not ready.exists():
        print(f"Installing magic-wormhole {VERSION} into {HOME} ...", file=sys.stderr)
        venv.create(HOME, with_pip=True, clear=True)
        install = [str(HOME / "bin" / "python"), "-m", "pip", "install", "-q", *PACKAGES]
        subprocess.run(install, check=True, stdin=subprocess.DEVNULL, timeout=RUN_TIMEOUT)
        ready.touch()
    return HOME / "bin"


@contextmanager
def servers(folder: Path) -> Iterator[list[str]]:
    """Run both servers; yields the beginning of a command that uses them."""
    twist, mailbox, transit = str(commands() / "twist"), free_port(), free_port()
    database = f"--channel-db={folder / 'mailbox.db'}"
    with (
        process(
            [twist, "wormhole-mailbox", f"--port=tcp:{mailbox}:interface=127.0.0.1", database],
            folder / "mailbox.log",
        ),
        process(
            [twist, "transitrelay", f"--port=tcp:{transit}:interface=127.0.0.1"],
            folder / "transit.log",
        ),
    ):
        wait_for_port(mailbox)
        wait_for_port(transit)
        yield [
            str(commands() / "wormhole"),
            f"--relay-url=ws://127.0.0.1:{mailbox}/v1",
            f"--transit-helper=tcp:127.0.0.1:{transit}",
        ]


def measure(way: str) -> dict[str, float]:
    """Return the figures of one run."""
    with tempfile.TemporaryDirectory(prefix="wormhole-") as name:
        folder = Path(name)
        with servers(folder) as command:

            def carry(path: Path, number: int) -> float:
                return _carry(command, WAYS[way], path, number)

            return file_plan.figures(folder, carry)


def _carry(command: list[str], way: tuple[str, ...], path: Path, number: int) -> float:
    """Send and receive a file; return the seconds from the first start until both have ended."""
    landed, code = path.with_suffix(".landed"), f"{number}-bench-mark"
    quiet = ["--hide-progress", *way]
    sending = [*command, "send", *quiet, "--code", code, str(path)]
    receiving = [*command, "receive", *quiet, "--accept-file", f"--output-file={landed}", code]
    with path.with_suffix(".log").open("ab") as log:
        started = time.monotonic()
        both = [
            subprocess.Popen(it, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ)
            for it in (sending, receiving)
        ]
        try:
            codes = [it.wait(RUN_TIMEOUT) for it in both]
        finally:
            for it in both:
                it.kill()
    seconds = time.monotonic() - started
    if codes != [0, 0] or not file_plan.is_same(path, landed):
        raise RuntimeError(f"the file did not arrive: see {path.with_suffix('.log')}")
    landed.unlink()
    return seconds


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "direct"
    print(json.dumps({"name": "magic-wormhole", "version": VERSION, **measure(chosen)}))
