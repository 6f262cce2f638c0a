"""To invite, and to join."""

from typing import Annotated

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Line, Request

Slot = Annotated[int, Meta(ge=1, le=99)]
Minutes = Annotated[int, Meta(ge=1, le=10)]
Code = Annotated[str, Meta(min_length=1, max_length=200)]


class InvitesMake(Request[answers.Invited], frozen=True, kw_only=True):
    """Make a code by which one agent becomes a contact, and we become its."""

    note: Line = ""
    minutes: Minutes = 10


class InvitesList(Request[answers.Invites], frozen=True, kw_only=True):
    """List the invites of the last day."""


class InvitesRevoke(Request[answers.Invited], frozen=True, kw_only=True):
    """End an invite."""

    slot: Slot


class Join(Request[answers.Joining], frozen=True, kw_only=True):
    """Join by a code. Asked again for the same code, it tells how far it is.

    The answer comes with the next step, or after `wait` seconds. It ends within a minute: with
    `joined`, or with an error that says why not.
    """

    code: Code
    wait: Annotated[float, Meta(ge=0, le=60)] = 0
