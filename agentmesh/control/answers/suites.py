"""Which suites below the floor the owner permits with a peer."""

from agentmesh.control.answers.answer import Answer


class SuitesAllowed(Answer, frozen=True, kw_only=True):
    """What is permitted now. `pinned`: the strongest suite so far; weaker ones must be named."""

    amid: str
    allowed: list[str]
    pinned: str
    sessions_ended: int = 0
