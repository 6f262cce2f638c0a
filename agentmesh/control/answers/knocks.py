"""Who wanted to talk."""

from typing import Literal

from msgspec import field

from agentmesh.control.answers.answer import Answer
from agentmesh.control.answers.consent import Introduction
from agentmesh.control.answers.organizations import VouchedFor


class Knock(Answer, frozen=True, kw_only=True):
    """A KNOCK that came, and what became of it. `note` is the stranger's word, for the owner.

    `scope_note` is the owner's own, if the sender is known. `vouched`: who answers for the sender,
    as checked when it knocked. `introduced_by`: which contacts vouch for it; no decision depends on
    that.
    """

    id: str
    sender: str = field(name="from")
    from_name: str
    intent: str
    type: str
    note: str
    received_at: str
    expires_at: str
    verdict: Literal["pending", "accepted", "rejected", "dismissed"]
    reason: str
    scope_note: str = ""
    vouched: VouchedFor | None = None
    introduced_by: tuple[Introduction, ...] = ()


class Knocks(Answer, frozen=True, kw_only=True):
    """The KNOCKs, newest first."""

    knocks: list[Knock]


class Decided(Answer, frozen=True, kw_only=True):
    """The KNOCK as the owner's decision left it."""

    knock: Knock
