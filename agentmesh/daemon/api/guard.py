"""Control calls about breakers: pause, resume, the emergency stop, what has tripped."""

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.messages.delivery import clean_name
from agentmesh.node.breakers import stopped
from agentmesh.observability.findings import Finding
from agentmesh.policy.breakers import Trip
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.times import to_text

Permit = calls.Permit
RESUME = "RESUME"
BY_OWNER = {"pause", "paused", "shutdown"}


async def pause(rooms: Rooms, asked: calls.Pause, _: Permit) -> answers.Breakers:
    """Begin no new sessions, or let nothing go to a peer or come from it."""
    if asked.peer:
        await rooms.guards.trips.pause(await rooms.peers.find(asked.peer))
    else:
        await rooms.breakers.pause()
    return breakers(rooms)


async def resume(rooms: Rooms, asked: calls.Resume, _: Permit) -> answers.Breakers:
    """Lift what was paused, or with the word for it, an emergency stop."""
    if asked.peer:
        await resume_peer(rooms, await rooms.peers.find(asked.peer))
        return breakers(rooms)
    if rooms.hand.switches.emergency:
        if asked.confirm != RESUME:
            raise stopped()
        await rooms.guards.stop.lift()
        await rooms.transport.switch(is_on=True)
    await rooms.breakers.resume()
    return breakers(rooms)


async def resume_peer(rooms: Rooms, peer: Amid) -> None:
    """Lift every breaker on a peer, and let go what waits for it."""
    await rooms.guards.trips.resume(peer)
    rooms.errands.offer_again(peer)


async def emergency_stop(
    rooms: Rooms, _: calls.EmergencyStop, __: Permit
) -> answers.EmergencyStopped:
    """Stop everything at once."""
    state = await rooms.guards.stop.stop("call")
    return answers.EmergencyStopped(
        kept=list(state.kept),
        sessions_ended=state.sessions_ended,
        complete=state.is_complete,
        stop_hook=state.hook,
    )


async def breakers_list(rooms: Rooms, _: calls.BreakersList, __: Permit) -> answers.BreakersOn:
    """List what is stopped or paused."""
    trips = [await _shown(rooms, trip) for trip in rooms.guards.trips.all()]
    return answers.BreakersOn(breakers=[*await _switches(rooms), *trips])


async def breakers_lift(rooms: Rooms, asked: calls.BreakersLift, _: Permit) -> answers.BreakersOn:
    """Lift one breaker."""
    lifted = await rooms.guards.trips.lift(asked.id)
    if lifted.peer:
        rooms.errands.offer_again(lifted.peer)
    return await breakers_list(rooms, calls.BreakersList(), "owner")


async def findings(rooms: Rooms) -> list[Finding]:
    """Return what is stopped or paused as findings; what the owner chose is a note."""
    on = (await breakers_list(rooms, calls.BreakersList(), "owner")).breakers
    found = [
        Finding(
            "breaker_on",
            "note" if it.kind in BY_OWNER else "warning",
            f"{it.why} ({it.peer})" if it.peer else it.why,
            it.lift,
        )
        for it in on
    ]
    if rooms.guards.stop.state().hook == "failed":
        why = "Your stop hook failed: the agent framework may still run."
        fix = "See `agentmesh logs --audit`, and stop the framework by hand."
        found.append(Finding("stop_hook_failed", "error", why, fix))
    if failing := rooms.guards.owner.failing():
        why = f"The last notification to you did not get through: {', '.join(failing)}."
        fix = "agentmesh policy get notify_owner"
        found.append(Finding("owner_not_told", "warning", why, fix))
    return found


def breakers(rooms: Rooms) -> answers.Breakers:
    """Return which breakers are on."""
    switches = rooms.hand.switches
    return answers.Breakers(
        paused=switches.paused,
        stopped=switches.stopped,
        emergency=switches.emergency,
        paused_peers=tuple(sorted(switches.paused_peers)),
    )


async def _shown(rooms: Rooms, trip: Trip) -> answers.Breaker:
    contact = await rooms.peers.row(trip.peer) if trip.peer else None
    name = (contact.alias or contact.name) if contact else ""
    return answers.Breaker(
        id=trip.id,
        kind=trip.kind,
        peer=trip.peer,
        peer_name=clean_name(name),
        why=trip.why,
        since=to_text(trip.at),
        lift=trip.lift,
    )


async def _switches(rooms: Rooms) -> list[answers.Breaker]:
    return [
        answers.Breaker(
            id=switch.kind,
            kind=switch.kind,
            peer="",
            peer_name="",
            why=switch.why,
            since=to_text(switch.since),
            lift=switch.lift,
        )
        for switch in await rooms.breakers.on()
    ]
