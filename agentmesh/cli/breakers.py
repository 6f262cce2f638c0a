"""Commands that look at sessions and stop things."""

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command
from agentmesh.control import answers, calls


@command("sessions")
def sessions(desk: Desk) -> None:
    """List the sessions."""
    desk.ask(calls.Sessions(), lambda found: render.sessions(found.sessions))


@command("kill")
@click.argument("session_id")
def kill(desk: Desk, session_id: str) -> None:
    """End one session; the peer is told."""
    desk.ask(calls.Kill(session_id=session_id), lambda ended: f"Ended {ended.session_id}.")


@command("pause")
def pause(desk: Desk) -> None:
    """Take no new knocks; open sessions go on."""
    desk.ask(calls.Pause(), _show)


@command("resume")
def resume(desk: Desk) -> None:
    """Take new knocks again."""
    desk.ask(calls.Resume(), _show)


@command("shutdown")
def shutdown(desk: Desk) -> None:
    """End all sessions, go offline, and stay so until `agentmesh up`."""
    desk.ask(calls.Shutdown(), _show)


def _show(state: answers.Breakers) -> str:
    if state.stopped:
        return f"Offline; {state.sessions_ended} sessions ended. `agentmesh up` goes online again."
    return "Paused: no new knocks." if state.paused else "Taking knocks."
