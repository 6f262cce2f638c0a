"""`python -m agentmesh.daemon.offline`: an answer to each line, until no more come."""

import asyncio
import logging
import os
import sys
from typing import BinaryIO

from agentmesh.control import calls, failures, places, rpc
from agentmesh.crypto.secret import Secret
from agentmesh.daemon.offline.answering import Answering
from agentmesh.daemon.offline.home import ClosedHome
from agentmesh.errors import AgentMeshError
from agentmesh.observability.logs import record_bug, write_logs
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.storage.key_passphrase import given_passphrase

log = logging.getLogger("agentmesh.offline")


def main() -> int:
    """Answer until the questions end."""
    os.umask(0o077)
    write_logs()
    clock = SystemClock()
    with ClosedHome(places.home(os.environ), (clock, system_entropy), _passphrase) as home:
        serve(Answering(home, clock), sys.stdin.buffer, sys.stdout.buffer)
    return 0


def _passphrase() -> Secret | None:
    return given_passphrase(os.environ)


def serve(answering: Answering, questions: BinaryIO, told: BinaryIO) -> None:
    """Answer each line."""
    with asyncio.Runner() as runner:
        while line := questions.readline(calls.MAX_LINE):
            try:
                call = rpc.read_call(line)
            except rpc.NotACall as error:
                told.write(rpc.failure_line(None, error.failure))
            else:
                told.write(runner.run(_answer(answering, call)))
            told.flush()


async def _answer(answering: Answering, call: rpc.Call) -> bytes:
    try:
        return rpc.answer_line(call.id, await answering.answer(call.method, call.params))
    except AgentMeshError as error:
        return rpc.error_line(call.id, error)
    except Exception as error:  # noqa: BLE001 - people get a sentence, never a traceback
        record_bug(log, "offline.bug", error)
        return rpc.error_line(call.id, failures.internal_error())


if __name__ == "__main__":
    sys.exit(main())
