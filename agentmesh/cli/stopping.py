"""The command `emergency-stop`: it never asks, and needs no daemon that answers."""

import time

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command
from agentmesh.control import answers, calls, places
from agentmesh.control.client import Client
from agentmesh.control.stop_flag import StopFlag
from agentmesh.errors import NotRunning, StorageError, TimedOut, TransportError
from agentmesh.observability.world import SystemClock

ANSWER_SECONDS = 2.0
SEEN_SECONDS = 3.0
_PAUSE = 0.05
_HINT = "Everything goes on with: agentmesh resume --confirm RESUME"


@command("emergency-stop")
def emergency_stop(desk: Desk) -> None:
    """Stop everything at once: cut connections, end sessions, run your stop hook.

    It stays so across restarts, until `agentmesh resume --confirm RESUME`. The file run/STOP in the
    agent's home does the same, and so does SIGUSR1 to the daemon.
    """
    flag = StopFlag(desk.home)
    failure = _put_up(flag)
    try:
        told = _tell(desk)
    except NotRunning:
        if failure is not None:
            raise failure from None
        why = "The daemon is not running. Its next start stays stopped, and runs your stop hook."
        desk.answer({"stopped": True, "daemon": False, "kept": ["flag"]}, f"{why}\n{_HINT}")
        return
    except (TimedOut, TransportError):
        if failure is not None or not _is_seen(flag):
            raise
        desk.answer({"stopped": True, "daemon": True, "kept": ["flag"]}, f"Stopped.\n{_HINT}")
        return
    desk.answer({**_keys(told), "daemon": True}, _show(told))


def _put_up(flag: StopFlag) -> StorageError | None:
    """Put the flag up first: a daemon that is too busy to answer looks for it."""
    places.private_directory(flag.path.parent.parent)
    places.private_directory(flag.path.parent)
    try:
        flag.put_up()
    except StorageError as error:
        return error
    return None


def _tell(desk: Desk) -> answers.EmergencyStopped:
    with Client(desk.home, "owner", desk.environment, ANSWER_SECONDS) as client:
        return client.call(calls.EmergencyStop())


def _is_seen(flag: StopFlag) -> bool:
    clock = SystemClock()
    until = clock.monotonic() + SEEN_SECONDS
    while not flag.is_acknowledged():
        if clock.monotonic() >= until:
            return False
        time.sleep(_PAUSE)
    return True


def _keys(told: answers.EmergencyStopped) -> dict[str, object]:
    return {name: getattr(told, name) for name in told.__struct_fields__}


def _show(told: answers.EmergencyStopped) -> str:
    ended = render.many(told.sessions_ended, "session")
    lines = [f"Stopped: nothing leaves this machine. {ended} ended."]
    if not {"store", "flag"} & set(told.kept):
        lines.append("It could NOT be kept on the disk: it ends with the daemon's process.")
    if told.stop_hook == "running":
        lines.append("Your stop hook runs.")
    return "\n".join([*lines, _HINT])
