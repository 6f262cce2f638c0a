"""The transition table of docs/protocol.md, drawn by stepping every state through every event."""

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.session.machine import step
from tests.support.session_states import EVENTS, Example, examples

BEGIN, END = "<!-- transitions -->", "<!-- /transitions -->"
PEER, OURS, NOTHING = "peer's fault", "our fault", "ignored"


def outcome(example: Example, event: str) -> str:
    """Return what an event does to a state: the next state and the effects, or whose fault."""
    try:
        after, effects = step(example.state, example.events[event], example.us.ring)
    except RemoteProtocolError:
        return PEER
    except UsageError:
        return OURS
    done = ", ".join(dict.fromkeys(type(effect).__name__ for effect in effects))
    if type(after) is type(example.state):
        return done or NOTHING
    return f"**{type(after).__name__}** {done}".strip()


def table() -> str:
    """Return the table as Markdown."""
    names = list(examples())
    rows = [
        f"| {event} | " + " | ".join(outcome(examples()[name], event) for name in names) + " |"
        for event in EVENTS
    ]
    head = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    return "\n".join([*head, *rows])
