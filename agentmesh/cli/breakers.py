"""Commands that look at sessions and stop things."""

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count
from agentmesh.control import answers, calls


@command("sessions")
@click.option("--limit", type=Count(1, 1000), default=100, show_default=True)
@click.option("--before", default="", help="Go on from here: what the last page says at its end.")
def sessions(desk: Desk, limit: int, before: str) -> None:
    """List the sessions, newest first."""
    desk.ask(calls.Sessions(limit=limit, before=before), _show_sessions)


@command("kill")
@click.argument("session_id")
def kill(desk: Desk, session_id: str) -> None:
    """End one session; the peer is told."""
    desk.ask(calls.Kill(session_id=session_id), lambda ended: f"Ended {ended.session_id}.")


@command("pause")
@click.argument("peer", default="")
def pause(desk: Desk, peer: str) -> None:
    """Begin no new sessions; open ones go on. With PEER: nothing goes to it or comes from it.

    What a paused peer sends is kept and shown once you resume; what waits for it, waits.
    """
    desk.ask(calls.Pause(peer=peer), _show)


@command("resume")
@click.argument("peer", default="")
@click.option("--confirm", default="", metavar="RESUME", help="Lift an emergency stop.")
def resume(desk: Desk, peer: str, confirm: str) -> None:
    """Take new sessions again. With PEER: lift every breaker that holds it."""
    desk.ask(calls.Resume(peer=peer, confirm=confirm), _show)


@group("breakers")
def breakers(context: click.Context) -> None:
    """List what is stopped or paused, why, and how it is lifted."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.BreakersList(), _show_breakers)


@command("list")
def _list(desk: Desk) -> None:
    """List what is stopped or paused."""
    desk.ask(calls.BreakersList(), _show_breakers)


@command("lift")
@click.argument("breaker_id", metavar="ID")
def _lift(desk: Desk, breaker_id: str) -> None:
    """Lift one breaker; ID is from the list."""
    desk.ask(calls.BreakersLift(id=breaker_id), _show_breakers)


for _each in (_list, _lift):
    breakers.add_command(_each)


@command("shutdown")
def shutdown(desk: Desk) -> None:
    """End all sessions, go offline, and stay so until `agentmesh up`."""
    desk.ask(calls.Shutdown(), _show)


def _show_sessions(found: answers.Sessions) -> str:
    more = f"\nMore, of {found.total}: agentmesh sessions --before {found.next}"
    return render.sessions(found.sessions) + more * bool(found.next)


def _show(state: answers.Breakers) -> str:
    if state.emergency:
        return "Stopped by an emergency stop; lifted by: agentmesh resume --confirm RESUME"
    if state.stopped:
        ended = render.many(state.sessions_ended, "session")
        return f"Offline; {ended} ended. `agentmesh up` goes online again."
    held = "".join(f"\nPaused: {peer}" for peer in state.paused_peers)
    return ("Paused: no new sessions." if state.paused else "Taking knocks.") + held


def _show_breakers(found: answers.BreakersOn) -> str:
    if not found.breakers:
        return "No breaker is on."
    return "\n\n".join(
        render.pairs(
            [
                (it.id, it.why),
                *([("peer", render.who(it.peer_name, it.peer))] if it.peer else []),
                ("since", it.since),
                ("lift", it.lift),
            ]
        )
        for it in found.breakers
    )
