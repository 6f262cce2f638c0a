"""Measure openclaw-p2p on this machine: `python -m benchmarks.peers.openclaw_p2p`.

It is installed as published into an environment of its own under `.peers/`. Relay and agents are
four processes on loopback; the relay's limits are raised (see `openclaw_relay.py`).
"""

import json
import subprocess
import sys
import tempfile
import venv
from contextlib import ExitStack
from pathlib import Path

from benchmarks.processes import free_port, line, process, wait_for_port

VERSION = "0.2.5"
HERE = Path(__file__).resolve().parent
HOME = HERE.parents[1] / ".peers" / f"openclaw-p2p-{VERSION}"
RUN_TIMEOUT = 300.0


def interpreter() -> str:
    """Return the Python that has openclaw-p2p; the first call installs it."""
    python = str(HOME / "bin" / "python")
    ready = HOME / ".ready"
    if not ready.exists():
        print(f"Installing openclaw-p2p {VERSION} into {HOME} ...", file=sys.stderr)
        venv.create(HOME, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "-q", f"openclaw-p2p=={VERSION}"]
        subprocess.run(install, check=True, stdin=subprocess.DEVNULL, timeout=RUN_TIMEOUT)
        ready.touch()
    return python


def measure() -> dict[str, float]:
    """Return the figures of one run."""
    python = interpreter()
    agent = str(HERE / "openclaw_agent.py")
    port = free_port()
    relay_url = f"ws://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="openclaw-p2p-") as name, ExitStack() as stack:
        folder = Path(name)
        log = folder / "log"
        stack.enter_context(process([python, str(HERE / "openclaw_relay.py"), str(port)], log))
        wait_for_port(port)
        answering = [
            stack.enter_context(process([python, agent, relay_url, str(folder / name)], log))
            for name in ("bob", "carol")
        ]
        asking = [python, agent, relay_url, str(folder / "alice"), *map(line, answering)]
        alice = stack.enter_context(process(asking, log))
        found: dict[str, float] = json.loads(line(alice, RUN_TIMEOUT))
    return found


if __name__ == "__main__":
    print(json.dumps({"name": "openclaw-p2p", "version": VERSION, **measure()}))
