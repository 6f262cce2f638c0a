"""About ourselves: who we are, how we are, what happens."""

from typing import Annotated

from msgspec import Meta, field

from agentmesh.control import answers
from agentmesh.control.calls.request import Context, Permit, Request, Word


class Hello(Request[answers.Welcome], frozen=True, kw_only=True):
    """Take a permit for the rest of this connection; it can be narrowed, never widened."""

    permit: Permit = "owner"


class Status(Request[answers.Status], frozen=True, kw_only=True):
    """Tell who we are and how we are."""

    context: Context = ""


class Health(Request[answers.Health], frozen=True, kw_only=True):
    """Tell what the daemon finds wrong with itself and its services."""


class Logs(Request[answers.Logs], frozen=True, kw_only=True):
    """Read the end of the audit log."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class EventsSubscribe(Request[answers.Subscribed], frozen=True, kw_only=True):
    """Be told what happens, as notifications `event`; empty = everything this permit may know."""

    kinds: Annotated[list[Word], Meta(max_length=64)] = field(default_factory=list)


class Stop(Request[answers.Stopping], frozen=True, kw_only=True):
    """End the daemon's process; sessions and messages stay for its next start."""
