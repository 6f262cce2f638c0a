"""Sessions, and what stops them."""

from typing import Annotated

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Id, Peer, Request, Word


class Sessions(Request[answers.Sessions], frozen=True, kw_only=True):
    """List the sessions, newest first; `before`: the last page's `next`."""

    before: Word = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class Kill(Request[answers.Killed], frozen=True, kw_only=True):
    """End one session; the peer is told."""

    session_id: Id


class Pause(Request[answers.Breakers], frozen=True, kw_only=True):
    """Begin no new sessions; open ones go on. With `peer`: let nothing go to it or come from it.

    What a paused peer sends is kept, and shown once the owner resumes; what waits for it, waits.
    """

    peer: Word | Peer = ""


class Resume(Request[answers.Breakers], frozen=True, kw_only=True):
    """Take new sessions again; with `peer`: lift every breaker that holds it.

    After an emergency stop `confirm` has to be `RESUME`: then everything goes on.
    """

    peer: Word | Peer = ""
    confirm: Word = ""


class EmergencyStop(Request[answers.EmergencyStopped], frozen=True, kw_only=True):
    """Stop everything at once, until `resume` with `confirm`.

    Connections are cut, sessions end, what was not said yet never is, and the policy's `stop_hook`
    runs. The answer comes within a second, whatever the disk and the network do.
    """


class BreakersList(Request[answers.BreakersOn], frozen=True, kw_only=True):
    """List what is stopped or paused, why, and how it is lifted."""


class BreakersLift(Request[answers.BreakersOn], frozen=True, kw_only=True):
    """Lift one breaker; the answer lists those that are still on."""

    id: Annotated[str, Meta(min_length=1, max_length=100)]


class Shutdown(Request[answers.Breakers], frozen=True, kw_only=True):
    """The breaker: end all sessions, go offline, stay so until `up`."""


class Wake(Request[answers.Breakers], frozen=True, kw_only=True):
    """Go online again after `shutdown`; `agentmesh up` calls it where a daemon is running."""


class Block(Request[answers.Blocked], frozen=True, kw_only=True):
    """Never hear from this peer again; its sessions end."""

    peer: Peer


class Unblock(Request[answers.Blocked], frozen=True, kw_only=True):
    """Let this peer knock again."""

    peer: Peer
