"""A program that starts as the daemon does; FAKE_DAEMON says how it goes."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from agentmesh.control import answers, places
from agentmesh.control.socket import ControlServer
from tests.support.control_server import ALICE, Script, status

REPORTS = {
    "error": '{"ok": false, "error": {"code": "invalid_url", "message": "Bad.", "hint": "Mend."}}',
    "mute": '{"ok": false}',
    "taken": '{"ok": false, "error": {"code": "already_running", "message": "Taken."}}',
    "sealed": '{"ok": false, "error": {"code": "passphrase_needed", "message": "Sealed."}}',
    "nonsense": "nonsense",
}
SECRET = "AGENTMESH_PASSPHRASE_FD"


async def serve(ready: int) -> None:
    over = asyncio.Event()

    def stop(request: Any) -> answers.Answer:
        asyncio.get_running_loop().call_later(0.02, over.set)
        return answers.Stopping(pid=os.getpid())

    daemon = answers.DaemonState(pid=os.getpid(), uptime_seconds=0.0, version="0.3.0")
    script = Script(status=status(daemon=daemon), stop=stop)
    async with ControlServer(places.socket_in(Path(os.environ["AGENTMESH_HOME"])), script):
        os.write(ready, b'{"ready": true}\n')
        os.close(ready)
        await over.wait()


def main() -> None:
    ready = int(sys.argv[sys.argv.index("--ready-fd") + 1])
    how = os.environ["FAKE_DAEMON"]
    if how == "silent":
        print("pid", os.getpid(), flush=True)
    print("arguments:", *sys.argv[1:], flush=True)
    if how == "sealed" and SECRET in os.environ:
        with os.fdopen(int(os.environ[SECRET])) as secret:
            print("passphrase of", len(secret.read()), "letters", flush=True)
        os.write(ready, b'{"ready": true, "amid": "%s"}\n' % ALICE.encode())
    elif how == "silent":
        signal.pause()
    elif how == "serves":
        asyncio.run(serve(ready))
    elif how in REPORTS:
        os.write(ready, REPORTS[how].encode() + b"\n")
    elif how == "keys":
        os.write(ready, b'{"ready": true, "amid": "%s", "created": true}\n' % ALICE.encode())


if __name__ == "__main__":
    main()
