"""Sessions, and what stops them."""

from agentmesh.control import answers
from agentmesh.control.calls.request import Id, Peer, Request


class Sessions(Request[answers.Sessions], frozen=True, kw_only=True):
    """List the sessions."""


class Kill(Request[answers.Killed], frozen=True, kw_only=True):
    """End one session; the peer is told."""

    session_id: Id


class Pause(Request[answers.Breakers], frozen=True, kw_only=True):
    """Take no new knocks; open sessions go on."""


class Resume(Request[answers.Breakers], frozen=True, kw_only=True):
    """Take new knocks again."""


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
