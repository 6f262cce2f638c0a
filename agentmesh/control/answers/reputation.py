"""Answers about what is said of agents."""

from agentmesh.control.answers.answer import Answer


class TagSaid(Answer, frozen=True, kw_only=True):
    """How many said this: owners that were proved, and agents without one."""

    tag: str
    owners: int
    others: int


class FlagShown(Answer, frozen=True, kw_only=True):
    """What the registry warns of, and until when."""

    flag: str
    until: str


class Reputation(Answer, frozen=True, kw_only=True):
    """What the registry says of an agent. `score` means nothing as long as it is not `rated`.

    `ratings_count` are different agents that rated, `owners` those of them whose owner was proved.
    """

    amid: str
    score: float
    rated: bool
    ratings_count: int
    owners: int
    sessions: int
    completed: int
    tier: float
    registered_at: str
    tags: list[TagSaid]
    flags: list[FlagShown]


class Rated(Answer, frozen=True, kw_only=True):
    """A rating; `repeated`: there was one for this session already, and it stands."""

    amid: str
    session_id: str
    repeated: bool
