"""Who owns this agent: proved to the registry."""

from typing import Annotated

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Request, Word


class OwnerProviders(Request[answers.Providers], frozen=True, kw_only=True):
    """List where the registry lets owners prove who they are."""


class OwnerBegin(Request[answers.ProofBegun], frozen=True, kw_only=True):
    """Begin to prove who owns this agent, by signing in at a provider or by a letter (`email`)."""

    provider: Word
    address: Annotated[str, Meta(max_length=254)] = ""


class OwnerProve(Request[answers.Proved], frozen=True, kw_only=True):
    """Hand in the code that the owner was shown."""

    attempt: Word
    code: Annotated[str, Meta(min_length=1, max_length=40)]
