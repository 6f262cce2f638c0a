"""Peers known from somewhere else."""

from agentmesh.control.answers.answer import Answer


class Acquaintance(Answer, frozen=True, kw_only=True):
    """A peer as it was known elsewhere. `approved`: that it was let in there."""

    former_id: str
    alias: str
    description: str
    note: str
    approved: bool
    added_at: str


class AcquaintancesAdded(Answer, frozen=True, kw_only=True):
    """The ids of those that are new; all others were known, or met, before."""

    added: list[str]


class Acquaintances(Answer, frozen=True, kw_only=True):
    """The peers not met here yet, by alias."""

    acquaintances: list[Acquaintance]
