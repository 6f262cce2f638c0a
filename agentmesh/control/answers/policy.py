"""The policy in force."""

from typing import Any, Literal

from agentmesh.control.answers.answer import Answer
from agentmesh.control.answers.organizations import VouchedFor


class Policy(Answer, frozen=True, kw_only=True):
    """The policy in force, every field with its value; for `policy.get` with a key, that part."""

    policy: Any


Decision = Literal["allow", "refuse", "ask_owner", "wait"]


class PolicyCheck(Answer, frozen=True, kw_only=True):
    """One check: what it looked at and what it said; an empty decision is silence."""

    check: str
    looked_at: dict[str, Any]
    decision: str
    reason: str
    decides: bool


class Explanation(Answer, frozen=True, kw_only=True):
    """What is decided, why, and every check in its order.

    `wait`: nobody could look the peer up now; its KNOCK would wait until somebody can.
    """

    decision: Decision
    reason: str
    checks: list[PolicyCheck]


class PolicyExplained(Answer, frozen=True, kw_only=True):
    """What would become of a peer's KNOCK, and of what our agent sends it by itself."""

    peer: str
    intent: str
    registry_reached: bool
    vouched: VouchedFor = VouchedFor(tier=2, organization="", certificate="none")
    knock: Explanation
    sending: Explanation


class PastKnock(Answer, frozen=True, kw_only=True):
    """A KNOCK of the last day: as it was decided, as it would be now, as the other policy would."""

    id: str
    at: str
    peer: str
    peer_name: str
    intent: str
    then: str
    now: str
    tested: str
    changes: bool


class PolicyTested(Answer, frozen=True, kw_only=True):
    """The KNOCKs of the last day under another policy, the oldest first."""

    knocks: list[PastKnock]
    changed: int


class PolicyVersion(Answer, frozen=True, kw_only=True):
    """A policy that was in force since then; `restores`: it is that version again."""

    number: int
    since: str
    who: Literal["owner", "agent", "file", "start"]
    restores: int | None
    changes: list[str]


class PolicyVersions(Answer, frozen=True, kw_only=True):
    """The policies that were in force, the newest first; `changes` names the fields that differ."""

    versions: list[PolicyVersion]
