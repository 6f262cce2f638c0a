"""Answers about who owns this agent."""

from agentmesh.control.answers.answer import Answer
from agentmesh.control.answers.organizations import Certified


class Providers(Answer, frozen=True, kw_only=True):
    """Where owners can prove who they are."""

    providers: list[str]


class ProofBegun(Answer, frozen=True, kw_only=True):
    """Where the owner goes to sign in; without a `url`, a letter is on its way."""

    attempt: str
    url: str
    expires_in_seconds: int


class Proved(Answer, frozen=True, kw_only=True):
    """The tier that the registry shows from now on, and the certificate, if it issues any."""

    amid: str
    tier: float
    certificate: Certified | None = None
